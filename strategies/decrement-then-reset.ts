import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { stockKey, stockLeft } from './keys.ts';

/** Control: SET 0 repairs the counter as it was seen, and wipes out whatever was put on sale since. */
export const decrementThenReset: Strategy = {
  name: 'decrement-then-reset',
  summary: 'DECRBY; if that went below zero, SET 0: a restock in between vanishes',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      calm: {},
      'several-units': { breaks: ['stranded', 'false-refusal'] },
      'release-restock': { breaks: ['stranded', 'false-refusal'] },
      'buyer-crash': { breaks: ['stranded'] },
      'lost-reply': { breaks: ['oversell', 'false-refusal', 'double-sale'] },
      retry: { breaks: ['stranded', 'false-refusal', 'double-sale'] },
      'script-flush': {},
      expiry: {},
      eviction: { breaks: ['stranded', 'false-refusal'] },
      'hostile-input': { breaks: ['false-refusal', 'double-sale'] },
      restart: { breaks: ['false-refusal', 'double-sale'] },
      'restart-without-aof': { breaks: ['stranded', 'false-refusal'] },
    },
    { notApplicable: ['user-limit', 'lost-sale'] },
  ),

  async open(redis, sale) {
    checkSale(sale, decrementThenReset);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  async seller(redis, sale) {
    const key = stockKey(sale.sku);
    // DECRBY creates a missing key at 0, so a product that was never opened must be noticed before.
    if ((await redis.exists(key)) === 0) throw new MissingProductError(sale.sku);
    return {
      async purchase(request) {
        checkRequest(request);
        const remaining = await redis.decrby(key, request.quantity);
        if (remaining >= 0) return { kind: 'sold', remaining };
        await redis.set(key, 0);
        return { kind: 'sold-out' };
      },
      remaining: () => stockLeft(redis, sale.sku),
      async release(request) {
        checkRequest(request);
        await redis.incrby(key, request.quantity);
      },
      async restock(quantity) {
        checkUnits('quantity', quantity, 1);
        await redis.incrby(key, quantity);
      },
    };
  },
};
