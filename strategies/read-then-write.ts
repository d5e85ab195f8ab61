import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
import { stockKey, stockLeft } from './keys.ts';

/** Control: the check and the decrement are two commands, so two buyers can pass the same check. */
export const readThenWrite: Strategy = {
  name: 'read-then-write',
  summary: 'GET, then DECRBY if there was enough: the race that this tool must catch',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      calm: ['oversell'],
      'several-units': ['oversell'],
      'release-restock': ['oversell'],
      cancel: ['oversell'],
      'buyer-crash': ['oversell', 'stranded'],
      'lost-reply': ['oversell', 'false-refusal', 'double-sale'],
      timeout: ['oversell', 'stranded'],
      retry: ['oversell', 'stranded', 'false-refusal', 'double-sale'],
      'script-flush': ['oversell'],
      expiry: ['oversell'],
      slow: ['oversell'],
      eviction: ['oversell', 'stranded', 'false-refusal'],
      // There are units for all who ask.
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['oversell'],
      'restart-without-aof': ['oversell', 'stranded', 'lost-sale'],
      failover: ['oversell', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
  ),

  async open(redis, sale) {
    checkSale(sale, readThenWrite);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, sale) {
    const key = stockKey(sale.sku);
    return {
      async purchase(request) {
        checkRequest(request);
        if ((await stockLeft(redis, sale.sku)) < request.quantity) return { kind: 'sold-out' };
        return { kind: 'sold', remaining: await redis.decrby(key, request.quantity) };
      },
      remaining: () => stockLeft(redis, sale.sku),
      ...putsBack((units) => redis.incrby(key, units)),
    };
  },
};
