import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

const UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/** What redlock does with one server. @returns how to give it back; undefined: somebody else has it */
export async function acquire(
  redis: Redis,
  key: string,
  ms: number,
): Promise<(() => Promise<unknown>) | undefined> {
  const token = randomUUID();
  if (await redis.exists(key)) return undefined;
  await redis.set(key, token, 'PX', ms);
  return () => redis.eval(UNLOCK, 1, key, token);
}
