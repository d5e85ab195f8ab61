import Redis from 'ioredis';

const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');

export async function addProduct(id: string, quantity: number): Promise<void> {
  await redis.hset(`product:${id}`, { quantity, name: 'phone' });
}

export const quantityOf = async (id: string): Promise<number> =>
  Number(await redis.hget(`product:${id}`, 'quantity'));

export async function order(id: string, quantity: number): Promise<string> {
  const left = await redis.eval(
    `if tonumber(redis.call('HGET', KEYS[1], 'quantity')) < tonumber(ARGV[1]) then return -1 end
     return redis.call('HINCRBY', KEYS[1], 'quantity', -ARGV[1])`,
    1,
    `product:${id}`,
    quantity,
  );
  return Number(left) < 0 ? 'Sold Out' : 'Success';
}
