import type { Strategy } from '../../../strategies/contract.ts';
import { stockKey } from '../../../strategies/keys.ts';

export const key = stockKey('item');

/** A strategy that opens with its stock in `key`. */
export const plain = (name: string, seller: Strategy['seller']): Strategy => ({
  name,
  summary: 'shows one thing about the explorer',
  connection: 'shared',
  supports: ['several-units'],
  async open(redis, sale) {
    await redis.set(key, sale.stock);
  },
  seller,
});

export const remaining = async (redis: { get(name: string): Promise<string | null> }): Promise<number> =>
  Number(await redis.get(key));
