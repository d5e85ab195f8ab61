import type { TargetOptions } from '../redis/open.ts';
import type { ServiceFile } from '../service/service-file.ts';
import { ignoredFlag } from '../terminal/options.ts';

/**
 * A service file, where the flags about a server make sense beside it.
 * @throws UsageError if it is none, or such a flag would do nothing
 */
export async function serviceFileOf(
  path: string,
  { redis, redisServer, redisVersion }: TargetOptions,
): Promise<ServiceFile> {
  const { mentions, readServiceFile } = await import('../service/service-file.ts');
  if (redis !== undefined) {
    throw ignoredFlag('--redis', 'the service connects to the Redis that it is told of by its file');
  }
  const file = readServiceFile(path);
  if (mentions(file, 'redis_port')) return file;
  const why = 'the service file asks for no {redis_port}';
  if (redisServer !== undefined) throw ignoredFlag('--redis-server', why);
  if (redisVersion !== undefined) throw ignoredFlag('--redis-version', why);
  return file;
}
