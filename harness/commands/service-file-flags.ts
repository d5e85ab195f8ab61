import { UsageError } from '../ground/errors.ts';
import type { TargetOptions } from '../redis/open.ts';
import type { ServiceFile } from '../service/service-file.ts';
import { ignoredFlag } from '../terminal/options.ts';

const notDiverted = (path: string): UsageError =>
  new UsageError(
    'PORTS_IN_CODE',
    `${path}: ports is for intercept, which gives each process a network of its own; here a service runs in that of the machine`,
    'leave out ports, and give the URL at which it listens as baseUrl',
  );

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
  if (file.service.ports) throw notDiverted(path);
  if (mentions(file, 'redis_port')) return file;
  const why = 'the service file asks for no {redis_port}';
  if (redisServer !== undefined) throw ignoredFlag('--redis-server', why);
  if (redisVersion !== undefined) throw ignoredFlag('--redis-version', why);
  return file;
}
