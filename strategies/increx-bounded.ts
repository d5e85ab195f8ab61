import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
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
      cancel: ['oversell'],
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
      ...putsBack((units) => redis.incrby(key, units)),
    };
  },
};
