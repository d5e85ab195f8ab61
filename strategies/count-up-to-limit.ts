import { checkRequest, checkSale, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { soldKey } from './keys.ts';

/**
 * Counts what was asked for, and sells while the count stays within the stock. Nothing is ever counted back: a
 * request that is refused for its quantity uses up units that a smaller one could have had, and nothing can be
 * released. The stock is what each process was started with, so nothing can be restocked either.
 */
export const countUpToLimit: Strategy = {
  name: 'count-up-to-limit',
  summary: 'INCRBY a counter of units asked for; sold while it stays within the stock',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      'several-units': ['stranded', 'false-refusal'],
      'buyer-crash': ['stranded'],
      'lost-reply': ['false-refusal', 'double-sale'],
      timeout: ['stranded'],
      retry: ['stranded', 'false-refusal', 'double-sale'],
      // Without its counter the whole stock is for sale again, or, before a process starts, nothing is.
      eviction: ['oversell', 'stranded'],
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['false-refusal', 'double-sale'],
      'restart-without-aof': ['oversell', 'stranded', 'lost-sale'],
      failover: ['oversell', 'stranded', 'false-refusal', 'double-sale', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger', 'release-restock'] },
  ),

  async open(redis, sale) {
    checkSale(sale, countUpToLimit);
    await redis.set(soldKey(sale.sku), 0);
  },

  async seller(redis, sale) {
    const key = soldKey(sale.sku);
    // INCRBY creates a missing key at 0, and with it the whole stock anew.
    if ((await redis.exists(key)) === 0) throw new MissingProductError(sale.sku);
    return {
      async purchase(request) {
        checkRequest(request);
        const remaining = sale.stock - (await redis.incrby(key, request.quantity));
        return remaining < 0 ? { kind: 'sold-out' } : { kind: 'sold', remaining };
      },
      async remaining() {
        const sold = await redis.get(key);
        if (sold === null) throw new MissingProductError(sale.sku);
        return Math.max(0, sale.stock - Number(sold));
      },
    };
  },
};
