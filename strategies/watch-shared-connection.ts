import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { stockKey, stockLeft } from './keys.ts';

/**
 * Control: `watch-retry` over the connection that all buyers of a process share. WATCH belongs to the connection:
 * the first EXEC on it ends the watches of everybody, and the next EXEC is guarded by nothing.
 */
export const watchSharedConnection: Strategy = {
  name: 'watch-shared-connection',
  summary: 'WATCH, GET, MULTI DECRBY EXEC over one connection for many buyers: it guards nothing',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      calm: ['oversell'],
      'several-units': ['oversell'],
      'release-restock': ['oversell', 'progress'],
      // From here on, but for hostile-input, each buyer has a process: nobody shares.
      cancel: ['oversell', 'progress'],
      'buyer-crash': ['stranded'],
      'lost-reply': ['oversell', 'stranded', 'false-refusal', 'double-sale'],
      timeout: ['oversell', 'stranded'],
      retry: ['stranded', 'false-refusal', 'double-sale'],
      eviction: ['stranded'],
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['oversell', 'stranded'],
      'restart-without-aof': ['oversell', 'stranded', 'lost-sale'],
      failover: ['oversell', 'stranded', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
  ),

  async open(redis, sale) {
    checkSale(sale, watchSharedConnection);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, sale, env) {
    const key = stockKey(sale.sku);
    return {
      async purchase(request) {
        checkRequest(request);
        for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
          await redis.watch(key);
          const stock = await redis.get(key);
          if (stock === null || Number(stock) < request.quantity) {
            await redis.unwatch();
            if (stock === null) throw new MissingProductError(sale.sku);
            return { kind: 'sold-out' };
          }
          const replies = await redis.multi().decrby(key, request.quantity).exec();
          if (replies === null) continue;
          const [error, remaining] = replies[0]!;
          if (error) throw error;
          return { kind: 'sold', remaining: Number(remaining) };
        }
        return { kind: 'gave-up', attempts: env.maxAttempts };
      },
      remaining: () => stockLeft(redis, sale.sku),
      ...putsBack((units) => redis.incrby(key, units)),
    };
  },
};
