import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { stockKey, stockLeft } from './keys.ts';

/** Take first, look afterwards, put back what was too much. Between the two steps the stock is too low. */
export const decrementThenCheck: Strategy = {
  name: 'decrement-then-check',
  summary: 'DECRBY; if that went below zero, INCRBY back',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      calm: {},
      'several-units': { breaks: ['false-refusal'] },
      'release-restock': { breaks: ['false-refusal'] },
      'buyer-crash': { breaks: ['stranded'] },
      // Sent twice, DECRBY takes too much, and INCRBY gives too much back.
      'lost-reply': { breaks: ['oversell', 'false-refusal', 'double-sale'] },
      retry: { breaks: ['stranded', 'false-refusal', 'double-sale'] },
      'script-flush': {},
      expiry: {},
      eviction: { breaks: ['oversell', 'stranded', 'false-refusal'] },
      'hostile-input': { breaks: ['false-refusal', 'double-sale'] },
      restart: { breaks: ['oversell', 'false-refusal', 'double-sale'] },
      'restart-without-aof': { breaks: ['oversell', 'stranded', 'false-refusal', 'lost-sale'] },
    },
    { notApplicable: ['user-limit', 'lost-sale'] },
  ),

  async open(redis, sale) {
    checkSale(sale, decrementThenCheck);
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
        await redis.incrby(key, request.quantity);
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
