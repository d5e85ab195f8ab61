import { Redis } from 'ioredis';

const redis = new Redis(6379, 'shop-redis');

/** Stands for a table with a unique index over users. */
const INSERT_AND_TAKE = `
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 'DUPLICATE' end
if tonumber(redis.call('GET', KEYS[1])) < 1 then return 'NONE' end
redis.call('DECR', KEYS[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 'OK'`;

export const create = (units: number) => redis.set('stock', units);
export const remaining = () => redis.get('stock');
export const orders = () => redis.hgetall('orders');

export async function buy(user: string, order: string): Promise<string> {
  return (await redis.eval(INSERT_AND_TAKE, 2, 'stock', 'orders', user, order)) as string;
}
