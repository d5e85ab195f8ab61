import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
import { stockKey, stockLeft } from './keys.ts';

/** Control: MULTI makes a batch, not a lock. What GET saw may be gone by the time EXEC runs. */
export const multiWithoutWatch: Strategy = {
  name: 'multi-without-watch',
  summary: 'GET, then MULTI DECRBY EXEC without a WATCH: a transaction that guards nothing',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      calm: {},
      'several-units': {},
      'release-restock': {},
      'buyer-crash': { breaks: ['stranded'] },
      'lost-reply': { breaks: ['stranded', 'false-refusal', 'double-sale'] },
      retry: { breaks: ['stranded', 'false-refusal', 'double-sale'] },
      'script-flush': {},
      expiry: {},
      eviction: { breaks: ['stranded', 'false-refusal'] },
      // There are units for all who ask.
      'hostile-input': { breaks: ['false-refusal', 'double-sale'], holds: ['oversell'] },
      restart: { breaks: ['stranded'] },
      'restart-without-aof': { breaks: ['stranded', 'lost-sale'] },
    },
    { breaks: ['oversell'], notApplicable: ['user-limit', 'lost-sale'] },
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
