import { Redis } from 'ioredis';
import { Mutex } from 'redis-semaphore';

const redis = new Redis(process.env['REDIS_URL'] ?? 'redis://stock.internal:6379');

export const putOnSale = (show: string, seats: number) => redis.set(`seats:${show}`, seats);
export const free = async (show: string) => Number(await redis.get(`seats:${show}`));

export async function book(show: string): Promise<'booked' | 'full' | 'try again'> {
  const mutex = new Mutex(redis, `seats:${show}`, { acquireAttemptsLimit: 3, refreshInterval: 0 });
  if (!(await mutex.tryAcquire())) return 'try again';
  try {
    if ((await free(show)) < 1) return 'full';
    await redis.decr(`seats:${show}`);
    return 'booked';
  } finally {
    await mutex.release();
  }
}
