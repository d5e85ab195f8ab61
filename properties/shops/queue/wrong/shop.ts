import { Redis } from 'ioredis';

const redis = new Redis({ host: 'queue', maxRetriesPerRequest: null });

const BUY = `
if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECR', KEYS[1])
return 1`;

export const stock = (units: number) => redis.set('stock', units);
export const left = () => redis.get('stock');

/** As BullMQ's producer: each job has an id, and one of the same id is added once. */
class Queue {
  async add(orderId: string, data: object): Promise<void> {
    if (await redis.hsetnx('jobs:ids', orderId, 1)) await redis.lpush('jobs', JSON.stringify(data));
  }
}
const queue = new Queue();

export async function checkout(userId: string, orderId: string): Promise<boolean> {
  if ((await redis.eval(BUY, 1, 'stock')) !== 1) return false;
  await queue.add(orderId, { userId, orderId });
  return true;
}

/** What the worker has to store. */
export async function jobs(): Promise<{ userId: string; orderId: string }[]> {
  return (await redis.lrange('jobs', 0, -1)).map((job) => JSON.parse(job));
}
