import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { stockKey, stockLeft } from './keys.ts';

/** A decrement with a floor, as one command (Redis 8.8, Valkey 9.2). A missing key counts as zero: sold out. */
export const increxBounded: Strategy = {
  name: 'increx-bounded',
  summary: 'INCREX with a lower bound: a decrement that the server refuses below zero',
  connection: 'shared',
  supports: ['several-units'],
  needs: { commands: ['INCREX'] },
  guarantees: declareGuarantees(
    {
      calm: {},
      'several-units': {},
      'release-restock': {},
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
    checkSale(sale, increxBounded);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  async seller(redis, sale) {
    const key = stockKey(sale.sku);
    if ((await redis.exists(key)) === 0) throw new MissingProductError(sale.sku);
    return {
      async purchase(request) {
        checkRequest(request);
        const [remaining, applied] = await redis.increx(key, 'BYINT', -request.quantity, 'LBOUND', 0);
        return Number(applied) === 0 ? { kind: 'sold-out' } : { kind: 'sold', remaining: Number(remaining) };
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
