import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
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
      'several-units': ['false-refusal'],
      'release-restock': ['false-refusal'],
      cancel: ['oversell'],
      'buyer-crash': ['stranded'],
      // Sent twice, DECRBY takes too much, and INCRBY gives too much back.
      'lost-reply': ['oversell', 'false-refusal', 'double-sale'],
      timeout: ['stranded'],
      retry: ['stranded', 'false-refusal', 'double-sale'],
      eviction: ['oversell', 'stranded', 'false-refusal'],
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['oversell', 'false-refusal', 'double-sale'],
      'restart-without-aof': ['oversell', 'stranded', 'false-refusal', 'lost-sale'],
      failover: ['oversell', 'stranded', 'false-refusal', 'double-sale', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
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
      ...putsBack((units) => redis.incrby(key, units)),
    };
  },
};
