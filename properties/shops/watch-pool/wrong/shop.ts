import { createClient } from 'redis';

const redis = createClient({ url: 'redis://cache:6379' });
redis.on('error', () => {});
const connected = redis.connect();

export class Busy extends Error {}

export async function publish(sku: string, units: number): Promise<void> {
  await connected;
  await redis.set(sku, units);
}

export async function units(sku: string): Promise<number> {
  await connected;
  return Number(await redis.get(sku));
}

export async function take(sku: string): Promise<boolean> {
  await connected;
  const client = redis;
  {
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
  }
}
