import Redis from 'ioredis';

const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');

export async function addProduct(id: string, quantity: number): Promise<void> {
  await redis.hset(`product:${id}`, { quantity, name: 'phone' });
}

export const quantityOf = async (id: string): Promise<number> =>
  Number(await redis.hget(`product:${id}`, 'quantity'));

export async function order(id: string, quantity: number): Promise<string> {
  if ((await quantityOf(id)) < quantity) return 'Sold Out';
  await redis.hincrby(`product:${id}`, 'quantity', -quantity);
  return 'Success';
}
