import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
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
      calm: {},
      'several-units': {},
      'release-restock': { breaks: ['progress'] },
      'buyer-crash': { breaks: ['stranded'] },
      // A reconnect drops the WATCH, and the client sends the batch again without it.
      'lost-reply': { breaks: ['oversell', 'stranded', 'false-refusal', 'double-sale'] },
      retry: { breaks: ['stranded', 'false-refusal', 'double-sale'] },
      'script-flush': {},
      expiry: {},
      eviction: { breaks: ['stranded'] },
      'hostile-input': { breaks: ['false-refusal', 'double-sale'] },
      restart: { breaks: ['oversell', 'stranded'] },
      'restart-without-aof': { breaks: ['oversell', 'stranded', 'lost-sale'] },
    },
    { notApplicable: ['user-limit', 'lost-sale'] },
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
      async release(request) {
        checkRequest(request);
        await lobby.incrby(key, request.quantity);
      },
      async restock(quantity) {
        checkUnits('quantity', quantity, 1);
        await lobby.incrby(key, quantity);
      },
    };
  },
};
