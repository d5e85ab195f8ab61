import type { Property, Sale, Seller, Strategy } from '../../strategies/contract.ts';
import { decrementThenCheck } from '../../strategies/decrement-then-check.ts';
import { stockKey } from '../../strategies/keys.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { smallSale, type SmallSale } from './arbitraries.ts';

/** A strategy with one mistake, and a sale in which it cannot but show. It declares what the right one declares. */
export interface Twin {
  property: Property;
  mistake: string;
  strategy: Strategy;
  sale: () => SmallSale;
}

/** `lua-reserve-once`, which declares every property, with part of its seller replaced. */
function twisted(change: (seller: Seller, sale: Sale) => Partial<Seller>): Strategy {
  return {
    ...luaReserveOnce,
    async seller(redis, sale, env) {
      const seller = await luaReserveOnce.seller(redis, sale, env);
      return { ...seller, ...change(seller, sale) };
    },
  };
}

export const twins: Twin[] = [
  {
    property: 'oversell',
    mistake: 'checks and takes in two commands',
    strategy: { ...luaReserveOnce, seller: (...args) => readThenWrite.seller(...args) },
    sale: () => smallSale(1, [1, 1]),
  },
  {
    property: 'stranded',
    mistake: 'does not give back what was too much',
    strategy: {
      ...decrementThenCheck,
      async seller(redis, sale, env) {
        const seller = await decrementThenCheck.seller(redis, sale, env);
        const key = stockKey(sale.sku);
        return {
          ...seller,
          async purchase({ quantity }) {
            const remaining = await redis.decrby(key, quantity);
            return remaining >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
          },
        };
      },
    },
    sale: () => smallSale(3, [2, 2]),
  },
  {
    property: 'false-refusal',
    mistake: 'never sells the last unit',
    strategy: twisted((seller) => ({
      purchase: async (request, redis) =>
        (await seller.remaining()) <= request.quantity
          ? { kind: 'sold-out' }
          : seller.purchase(request, redis),
    })),
    sale: () => smallSale(1, [1]),
  },
  {
    property: 'double-sale',
    mistake: 'records each order twice',
    strategy: twisted((seller) => ({
      recorded: async () => (await seller.recorded!()).flatMap((order) => [order, order]),
    })),
    sale: () => smallSale(2, [1]),
  },
  {
    property: 'user-limit',
    mistake: 'forgets the limit',
    strategy: {
      ...luaReserveOnce,
      seller: (redis, { sku, stock }, env) => luaReserveOnce.seller(redis, { sku, stock }, env),
    },
    sale: () => smallSale(3, [2, 1], { perUserLimit: 2, users: 1 }),
  },
  {
    property: 'lost-sale',
    mistake: 'acknowledges an order that it does not record',
    strategy: twisted((seller) => ({ recorded: async () => (await seller.recorded!()).slice(1) })),
    sale: () => smallSale(2, [1]),
  },
  {
    property: 'progress',
    mistake: 'gives up at once',
    strategy: twisted((seller) => ({
      purchase: async (request, redis) =>
        request.requestId === 'r0' ? { kind: 'gave-up', attempts: 1 } : seller.purchase(request, redis),
    })),
    sale: () => smallSale(2, [1, 1]),
  },
];
