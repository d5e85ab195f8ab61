import { Redis } from 'ioredis';

const redis = new Redis(6379, 'shop-redis');

/** Stands for a table with a unique index over users. */
const insert = (user: string, order: string) => redis.hsetnx('orders', user, order);

export const create = (units: number) => redis.set('stock', units);
export const remaining = () => redis.get('stock');
export const orders = () => redis.hgetall('orders');

export async function buy(user: string, order: string): Promise<string> {
  if ((await redis.decr('stock')) < 0) return 'NONE';
  // The unit is gone for good where the table refuses.
  return (await insert(user, order)) ? 'OK' : 'DUPLICATE';
}
