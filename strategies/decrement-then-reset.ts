import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
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
      'several-units': ['stranded', 'false-refusal'],
      'release-restock': ['stranded', 'false-refusal'],
      cancel: ['oversell', 'stranded'],
      'buyer-crash': ['stranded'],
      'lost-reply': ['false-refusal', 'double-sale'],
      timeout: ['stranded'],
      retry: ['stranded', 'false-refusal', 'double-sale'],
      eviction: ['stranded', 'false-refusal'],
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['false-refusal', 'double-sale'],
      'restart-without-aof': ['stranded', 'false-refusal'],
      failover: ['oversell', 'stranded', 'false-refusal', 'double-sale', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
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
      ...putsBack((units) => redis.incrby(key, units)),
    };
  },
};
