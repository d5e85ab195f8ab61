import { Redis } from 'ioredis';

/** A client that asks once: who waits for an answer hears an error instead. */
const redis = new Redis({ host: 'cache', maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false });
redis.on('error', () => {});

export class Cache {
  get = (key: string): Promise<string | null> => redis.get(key);
  set = (key: string, value: number): Promise<unknown> => redis.set(key, value);
  decrement = (key: string): Promise<number> => redis.decr(key);
}
