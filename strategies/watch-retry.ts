import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { stockKey, stockLeft } from './keys.ts';

/** Optimistic locking: EXEC decrements only if nobody touched the stock since WATCH. */
export const watchRetry: Strategy = {
  name: 'watch-retry',
  summary: 'WATCH, GET, MULTI DECRBY EXEC; on conflict a jittered pause and another attempt',
  connection: 'exclusive',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      'release-restock': ['progress'],
      cancel: ['oversell', 'progress'],
      'buyer-crash': ['stranded'],
      // A reconnect drops the WATCH, and the client sends the batch again without it.
      'lost-reply': ['oversell', 'stranded', 'false-refusal', 'double-sale'],
      timeout: ['stranded'],
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
    checkSale(sale, watchRetry);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(lobby, sale, env) {
    const key = stockKey(sale.sku);
    return {
      async purchase(request, redis) {
        checkRequest(request);
        for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
          if (attempt > 1) await env.sleep(env.random() * 2 ** Math.min(attempt, 8));
          await redis.watch(key);
          const stock = await redis.get(key);
          if (stock === null || Number(stock) < request.quantity) {
            await redis.unwatch();
            if (stock === null) throw new MissingProductError(sale.sku);
            return { kind: 'sold-out' };
          }
          const replies = await redis.multi().decrby(key, request.quantity).exec();
          if (replies === null) continue; // somebody touched the stock; nothing was executed
          const [error, remaining] = replies[0]!;
          if (error) throw error;
          return { kind: 'sold', remaining: Number(remaining) };
        }
        return { kind: 'gave-up', attempts: env.maxAttempts };
      },
      remaining: () => stockLeft(lobby, sale.sku),
      ...putsBack((units) => lobby.incrby(key, units)),
    };
  },
};
