import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
import { stockKey, stockLeft } from './keys.ts';

/**
 * Optimistic without WATCH: the new stock is set only where the old one still stands (IFEQ: Valkey 8.1, Redis 8.4).
 * It needs no connection of its own, and storms like WATCH.
 */
export const compareAndSet: Strategy = {
  name: 'compare-and-set',
  summary: 'GET, then SET … IFEQ what was read; on conflict a jittered pause and another attempt',
  connection: 'shared',
  supports: ['several-units'],
  needs: { commands: ['SET IFEQ'] },
  guarantees: declareGuarantees(
    {
      'release-restock': ['progress'],
      cancel: ['oversell', 'progress'],
      'buyer-crash': ['stranded'],
      'lost-reply': ['false-refusal', 'double-sale'],
      timeout: ['stranded'],
      retry: ['stranded', 'false-refusal', 'double-sale'],
      eviction: ['stranded'],
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['false-refusal', 'double-sale'],
      'restart-without-aof': ['stranded', 'false-refusal'],
      failover: ['oversell', 'stranded', 'false-refusal', 'double-sale', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
  ),

  async open(redis, sale) {
    checkSale(sale, compareAndSet);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, sale, env) {
    const key = stockKey(sale.sku);
    return {
      async purchase(request) {
        checkRequest(request);
        for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
          if (attempt > 1) await env.sleep(env.random() * 2 ** Math.min(attempt, 8));
          const stock = await stockLeft(redis, sale.sku);
          const remaining = stock - request.quantity;
          if (remaining < 0) return { kind: 'sold-out' };
          const reply = await redis.set(key, remaining, 'KEEPTTL', 'IFEQ', stock);
          if (reply !== null) return { kind: 'sold', remaining };
        }
        return { kind: 'gave-up', attempts: env.maxAttempts };
      },
      remaining: () => stockLeft(redis, sale.sku),
      ...putsBack((units) => redis.incrby(key, units)),
    };
  },
};
