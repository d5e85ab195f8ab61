import type { Redis } from 'ioredis';
import { sellerEnv } from '../../harness/load/seller-env.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import type { Sale, Seller, Strategy } from '../../strategies/contract.ts';
import { seed } from './seed.ts';

/** A process of the sale, alone: while it waits, background work is done. */
export async function startSeller(strategy: Strategy, redis: Redis, sale: Sale): Promise<Seller> {
  const env = sellerEnv(seededRandom(seed), 3);
  const sleep = async (ms: number): Promise<void> => {
    await seller.runJob?.();
    await env.sleep(ms);
  };
  const seller = await strategy.seller(redis, sale, { ...env, sleep });
  return seller;
}
