import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
import { stockKey, stockLeft } from './keys.ts';

/** Control: MULTI makes a batch, not a lock. What GET saw may be gone by the time EXEC runs. */
export const multiWithoutWatch: Strategy = {
  name: 'multi-without-watch',
  summary: 'GET, then MULTI DECRBY EXEC without a WATCH: a transaction that guards nothing',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      calm: ['oversell'],
      'several-units': ['oversell'],
      'release-restock': ['oversell'],
      cancel: ['oversell'],
      'buyer-crash': ['oversell', 'stranded'],
      'lost-reply': ['oversell', 'stranded', 'false-refusal', 'double-sale'],
      timeout: ['oversell', 'stranded'],
      retry: ['oversell', 'stranded', 'false-refusal', 'double-sale'],
      'script-flush': ['oversell'],
      expiry: ['oversell'],
      slow: ['oversell'],
      eviction: ['oversell', 'stranded', 'false-refusal'],
      // There are units for all who ask.
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['oversell', 'stranded'],
      'restart-without-aof': ['oversell', 'stranded', 'lost-sale'],
      failover: ['oversell', 'stranded', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
  ),

  async open(redis, sale) {
    checkSale(sale, multiWithoutWatch);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, sale) {
    const key = stockKey(sale.sku);
    return {
      async purchase(request) {
        checkRequest(request);
        if ((await stockLeft(redis, sale.sku)) < request.quantity) return { kind: 'sold-out' };
        const replies = await redis.multi().decrby(key, request.quantity).exec();
        const [error, remaining] = replies![0]!;
        if (error) throw error;
        return { kind: 'sold', remaining: Number(remaining) };
      },
      remaining: () => stockLeft(redis, sale.sku),
      ...putsBack((units) => redis.incrby(key, units)),
    };
  },
};
