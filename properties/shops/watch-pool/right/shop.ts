import { createClientPool } from 'redis';

const pool = createClientPool({ url: 'redis://cache:6379' }, { minimum: 1, maximum: 4 });
pool.on('error', () => {});
const connected = pool.connect();

export class Busy extends Error {}

export async function publish(sku: string, units: number): Promise<void> {
  await connected;
  await pool.set(sku, units);
}

export async function units(sku: string): Promise<number> {
  await connected;
  return Number(await pool.get(sku));
}

export async function take(sku: string): Promise<boolean> {
  await connected;
  return pool.execute(async (client) => {
    await client.watch(sku);
    const left = Number(await client.get(sku));
    if (left < 1) {
      await client.unwatch();
      return false;
    }
    try {
      await client.multi().decr(sku).exec();
      return true;
    } catch (error) {
      throw (error as Error).constructor.name === 'WatchError' ? new Busy() : error;
    }
  });
}
