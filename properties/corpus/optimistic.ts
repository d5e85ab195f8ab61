import type { Client, PurchaseOutcome, PurchaseRequest, SellerEnv } from '../../strategies/contract.ts';
import { answersKey, stockKey } from '../../strategies/keys.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { mutant, variant, type Mutant } from './parts.ts';

/** Selling by WATCH, GET, MULTI, EXEC. */

type Attempt = (
  lent: Client,
  request: PurchaseRequest,
  key: string,
  lobby: Client,
) => Promise<PurchaseOutcome['kind'] | 'conflict'>;

/** Attempts until one is no conflict. */
const attempting =
  (attempt: Attempt): Parameters<typeof variant>[0]['seller'] =>
  (lobby, { sku }, env) => ({
    purchase: (request, lent) => retrying(env, () => attempt(lent, request, stockKey(sku), lobby)),
  });

async function retrying(
  { maxAttempts }: SellerEnv,
  attempt: () => ReturnType<Attempt>,
): Promise<PurchaseOutcome> {
  for (let attempts = 1; attempts <= maxAttempts; attempts++) {
    const kind = await attempt();
    if (kind !== 'conflict') return kind === 'gave-up' ? { kind, attempts } : { kind };
  }
  return { kind: 'gave-up', attempts: maxAttempts };
}

const watching = (
  given: Omit<Mutant, 'seller' | 'summary' | 'connection' | 'open' | 'fixed'>,
  attempt: Attempt,
): Mutant => mutant({ connection: 'exclusive', fixed: watchRetry, ...given, seller: attempting(attempt) });

export const setsWhatItComputed = variant({
  name: 'sets-what-it-computed',
  unlike:
    'SET of the difference instead of DECRBY, which WATCH makes as good; two keys watched; GET after both',
  connection: 'exclusive',
  holdsIn: ['calm', 'several-units', 'buyer-crash'],
  seller: (lobby, { sku }, env) => ({
    purchase: ({ requestId, userId, quantity }, lent) =>
      retrying(env, async () => {
        await lent.watch(answersKey(sku), stockKey(sku));
        const stock = Number(await lent.get(stockKey(sku)));
        if (stock < quantity) {
          await lent.unwatch();
          return 'sold-out';
        }
        const sale = lent.multi().hset(answersKey(sku), requestId, `${quantity} ${userId}`);
        const replies = await sale.set(stockKey(sku), stock - quantity).exec();
        return replies === null ? 'conflict' : 'sold';
      }),
    async recorded() {
      return Object.entries(await lobby.hgetall(answersKey(sku))).map(([requestId, line]) => {
        const [units, userId] = line.split(' ') as [string, string];
        return { requestId, userId, quantity: Number(units) };
      });
    },
  }),
});

export const watchesAfterItRead = watching(
  {
    name: 'watches-after-it-read',
    mistake: 'GET comes before WATCH, so that what happens in between is not seen',
    caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  },
  async (lent, { quantity }, key) => {
    const stock = Number(await lent.get(key));
    await lent.watch(key);
    if (stock < quantity) {
      await lent.unwatch();
      return 'sold-out';
    }
    return (await lent.multi().decrby(key, quantity).exec()) === null ? 'conflict' : 'sold';
  },
);

export const watchesAnotherKey = watching(
  {
    name: 'watches-another-key',
    mistake: 'watches the product, which no sale touches, and not its stock',
    caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  },
  async (lent, { quantity }, key) => {
    await lent.watch(`${key}:product`);
    if (Number(await lent.get(key)) < quantity) {
      await lent.unwatch();
      return 'sold-out';
    }
    return (await lent.multi().decrby(key, quantity).exec()) === null ? 'conflict' : 'sold';
  },
);

export const watchesOnAnotherConnection = watching(
  {
    name: 'watches-on-another-connection',
    mistake: 'WATCH goes out over the common client, and EXEC over a connection of its own',
    source: 'https://github.com/simple-swoole/db/pull/5',
    caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  },
  async (lent, { quantity }, key, lobby) => {
    await lobby.watch(key);
    if (Number(await lobby.get(key)) < quantity) {
      await lobby.unwatch();
      return 'sold-out';
    }
    return (await lent.multi().decrby(key, quantity).exec()) === null ? 'conflict' : 'sold';
  },
);

export const watchesOverASharedConnection = mutant({
  name: 'watches-over-a-shared-connection',
  mistake: 'all buyers of a process watch over one connection: one EXEC ends the WATCH of them all',
  source: 'https://github.com/redis/ioredis/issues/564',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1, instances: 1 } },
  fixed: luaDecrement,
  seller: (redis, sale, env) => watchRetry.seller(redis, sale, env),
});

export const ignoresTheConflict = watching(
  {
    name: 'ignores-the-conflict',
    mistake: 'does not look at what EXEC answers: nil, when the stock was touched',
    source: 'https://github.com/redis/ioredis/issues/739',
    caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  },
  async (lent, { quantity }, key) => {
    await lent.watch(key);
    if (Number(await lent.get(key)) < quantity) {
      await lent.unwatch();
      return 'sold-out';
    }
    await lent.multi().decrby(key, quantity).exec();
    return 'sold';
  },
);

export const callsTheConflictSoldOut = watching(
  {
    name: 'calls-the-conflict-sold-out',
    mistake: 'tells a buyer whom another was faster than that nothing is left',
    caught: { property: 'false-refusal', environment: 'calm', scope: { buyers: 2, stock: 2 } },
  },
  async (lent, { quantity }, key) => {
    await lent.watch(key);
    const enough = Number(await lent.get(key)) >= quantity;
    if (!enough) await lent.unwatch();
    if (enough && (await lent.multi().decrby(key, quantity).exec()) !== null) return 'sold';
    return 'sold-out';
  },
);

export const givesUpAtOnce = watching(
  {
    name: 'gives-up-at-once',
    mistake: 'turns a buyer away at the first conflict, with units left',
    caught: { property: 'progress', environment: 'calm', scope: { buyers: 2, stock: 2 } },
  },
  async (lent, { quantity }, key) => {
    await lent.watch(key);
    if (Number(await lent.get(key)) < quantity) {
      await lent.unwatch();
      return 'sold-out';
    }
    return (await lent.multi().decrby(key, quantity).exec()) === null ? 'gave-up' : 'sold';
  },
);

export const pipelines = watching(
  {
    name: 'pipelines',
    mistake: 'sends a pipeline, which no WATCH can stop, where it must be a transaction',
    source: 'https://github.com/whatyouhide/redix/issues/94',
    caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  },
  async (lent, { quantity }, key) => {
    await lent.watch(key);
    if (Number(await lent.get(key)) < quantity) {
      await lent.unwatch();
      return 'sold-out';
    }
    return (await lent.pipeline().decrby(key, quantity).exec()) === null ? 'conflict' : 'sold';
  },
);

export const readsOnce = mutant({
  name: 'reads-once',
  mistake: 'reads the stock before the loop, and tries again with what it was',
  connection: 'exclusive',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  fixed: watchRetry,
  seller: (_lobby, { sku }, env) => ({
    async purchase({ quantity }, lent) {
      const stock = Number(await lent.get(stockKey(sku)));
      return retrying(env, async () => {
        if (stock < quantity) return 'sold-out';
        await lent.watch(stockKey(sku));
        const replies = await lent.multi().decrby(stockKey(sku), quantity).exec();
        return replies === null ? 'conflict' : 'sold';
      });
    },
  }),
});

export const watchesWithoutSendingAgain = variant({
  name: 'watches-without-sending-again',
  unlike:
    'a client that does not send again what it had no reply to: a transaction is never run without its WATCH',
  connection: 'exclusive',
  client: { maxRetriesPerRequest: 0 },
  holdsIn: ['calm'],
  seller: (redis, sale, env) => watchRetry.seller(redis, sale, env),
});

export const sendsTheTransactionAgain = mutant({
  name: 'sends-the-transaction-again',
  mistake:
    'leaves the client its habit to send again after a reconnect, which drops the WATCH and runs EXEC unguarded',
  connection: 'exclusive',
  caught: {
    property: 'oversell',
    environment: 'lost-reply',
    scope: { buyers: 2, stock: 1, faults: { 'lost-reply': 1 } },
  },
  fixed: watchesWithoutSendingAgain,
  seller: (redis, sale, env) => watchRetry.seller(redis, sale, env),
});
