import { Redis } from 'ioredis';

const redis = new Redis({ host: 'queue', maxRetriesPerRequest: null });

const BUY = `
if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECR', KEYS[1])
redis.call('LPUSH', KEYS[2], ARGV[1])
return 1`;

export const stock = (units: number) => redis.set('stock', units);
export const left = () => redis.get('stock');

export const checkout = async (userId: string, orderId: string): Promise<boolean> =>
  (await redis.eval(BUY, 2, 'stock', 'jobs', JSON.stringify({ userId, orderId }))) === 1;

/** What the worker has to store. */
export async function jobs(): Promise<{ userId: string; orderId: string }[]> {
  return (await redis.lrange('jobs', 0, -1)).map((job) => JSON.parse(job));
}
