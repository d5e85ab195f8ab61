import { Redis } from 'ioredis';
import type { Strategy } from '../../strategies/contract.ts';
import { readServerInfo } from './info.ts';
import type { RedisTarget } from './target.ts';

/** Why the strategy cannot run on this server; undefined if it can. The server is asked, not believed to be new. */
export async function missingNeeds(
  target: Pick<RedisTarget, 'options'>,
  strategy: Pick<Strategy, 'needs'>,
): Promise<string | undefined> {
  const { commands = [], minRedis } = strategy.needs ?? {};
  if (commands.length === 0 && minRedis === undefined) return undefined;
  const redis = new Redis(target.options);
  try {
    const server = await readServerInfo(redis);
    const name = `${server.product} ${server.version}`;
    const absent = await absentCommands(redis, commands);
    if (absent.length > 0) return `needs ${absent.join(', ')}, which ${name} does not have`;
    // A Valkey counts its own versions from 7.2.4 on: beyond that only the presence of its commands proves anything.
    const proven = server.product === 'Valkey' && commands.length > 0;
    if (minRedis !== undefined && !proven && compareVersions(server.redisVersion, minRedis) < 0) {
      return `needs Redis ${minRedis} or newer, and this is ${name}`;
    }
    return undefined;
  } finally {
    redis.disconnect();
  }
}

async function absentCommands(redis: Redis, commands: readonly string[]): Promise<string[]> {
  if (commands.length === 0) return [];
  const replies = await redis.command('INFO', ...commands);
  return commands.filter((_, i) => replies[i] == null);
}

/** Negative if `a` is older than `b`; missing parts count as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
