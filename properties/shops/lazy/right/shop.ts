import { Redis } from 'ioredis';

const redis = new Redis('redis://user:secret@redis-14:6379');

export const catalogue = {
  save: (id: string, stock: number) => redis.hset(`catalogue:${id}`, 'stock', stock),
  stockOf: async (id: string) => Number(await redis.hget(`catalogue:${id}`, 'stock')),
};

/** The counter is filled from the catalogue when somebody first asks for it. */
async function fill(id: string): Promise<void> {
  if (await redis.exists(`counter:${id}`)) return;
  const stock = await catalogue.stockOf(id);
  await redis.setnx(`counter:${id}`, stock);
}

export async function left(id: string): Promise<number> {
  await fill(id);
  return Number(await redis.get(`counter:${id}`));
}

export async function buy(id: string): Promise<void> {
  await fill(id);
  if ((await redis.decr(`counter:${id}`)) < 0) throw new Error('sold out');
}
