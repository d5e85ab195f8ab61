import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
import { stockKey, stockLeft } from './keys.ts';

/** Control: the check and the decrement are two commands, so two buyers can pass the same check. */
export const readThenWrite: Strategy = {
  name: 'read-then-write',
  summary: 'GET, then DECRBY if there was enough: the race that this tool must catch',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      calm: {},
      'several-units': {},
      'release-restock': {},
      'buyer-crash': { breaks: ['stranded'] },
      'lost-reply': { breaks: ['false-refusal', 'double-sale'] },
      retry: { breaks: ['stranded', 'false-refusal', 'double-sale'] },
      'script-flush': {},
      expiry: {},
      eviction: { breaks: ['stranded', 'false-refusal'] },
      // There are units for all who ask.
      'hostile-input': { breaks: ['false-refusal', 'double-sale'], holds: ['oversell'] },
      restart: {},
      'restart-without-aof': { breaks: ['stranded', 'lost-sale'] },
    },
    { breaks: ['oversell'], notApplicable: ['user-limit', 'lost-sale'] },
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
