import type { Redis } from 'ioredis';
import type { Strategy } from '../../../strategies/contract.ts';
import { watchRetry } from '../../../strategies/watch-retry.ts';
import { key, plain, remaining } from './parts.ts';

/** Strategies whose commands the server treats in a way of its own, each to show one thing about the explorer. */

/** WATCH on a connection that other purchases of the process use, too: it protects nothing. */
export const watchSharedConnection: Strategy = {
  ...watchRetry,
  name: 'watch-shared-connection',
  connection: 'shared',
};

/** Its own write between WATCH and EXEC makes every EXEC fail. */
export const touchesItsOwnWatch: Strategy = {
  ...plain('touches-its-own-watch', (redis) => ({
    async purchase(_request, lent) {
      await lent.watch(key);
      await lent.incr(key);
      await lent.decr(key);
      const replies = await lent.multi().decr(key).exec();
      return replies === null ? { kind: 'gave-up', attempts: 1 } : { kind: 'sold' };
    },
    remaining: () => remaining(redis),
  })),
  connection: 'exclusive',
};

/** Who wins depends on the order of the ids, inside the server: members of equal score pop in byte order. */
export const favoursLowIds = plain('favours-low-ids', (redis) => ({
  async purchase(request) {
    await redis.zadd('queue', 0, request.requestId);
    const pop = "return redis.call('ZPOPMIN', KEYS[1])[1] == ARGV[1] and 1 or 0";
    if ((await redis.eval(pop, 1, 'queue', request.requestId)) === 0) return { kind: 'sold-out' };
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Notes each buyer in a set: in which order they came does not matter to what it holds. */
export const notesInASet = plain('notes-in-a-set', (redis) => ({
  async purchase(request) {
    await redis.sadd('buyers', request.userId);
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Asks the server's clock from inside a script, where only MONITOR shows it. */
export const asksTheTime = plain('asks-the-time', (redis) => ({
  async purchase() {
    await redis.eval("return redis.call('TIME')[1]", 0);
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** After a failed send it looks whether it was sold, and gives up if not: the request may still be on its way. */
export const checksBack: Strategy = {
  ...plain('checks-back', (redis) => ({
    async purchase(request) {
      const take = "redis.call('SET', KEYS[2], 1) return redis.call('DECR', KEYS[1])";
      try {
        const left = await redis.eval(take, 2, key, `done:${request.requestId}`);
        return Number(left) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
      } catch {
        if ((await redis.exists(`done:${request.requestId}`)) === 1) return { kind: 'sold' };
        return { kind: 'gave-up', attempts: 1 };
      }
    },
    remaining: () => remaining(redis),
  })),
  client: { maxRetriesPerRequest: 0 },
};

/** Right: whoever sells touches the watched holdings, under the buyer's own id, inside the transaction. */
export const watchesHoldings: Strategy = {
  ...plain('watches-holdings', (redis, sale, env) => ({
    async purchase({ userId, quantity }, lent) {
      for (let attempt = 0; attempt < env.maxAttempts; attempt++) {
        await lent.watch('holdings');
        const held = Number((await lent.hget('holdings', userId)) ?? 0);
        const over = sale.perUserLimit !== undefined && held + quantity > sale.perUserLimit;
        const short = Number(await lent.get(key)) < quantity;
        if (over || short) {
          await lent.unwatch();
          return { kind: over ? 'limit-reached' : 'sold-out' };
        }
        const sold = lent.multi().decrby(key, quantity).hincrby('holdings', userId, quantity);
        if ((await sold.exec()) !== null) return { kind: 'sold' };
      }
      return { kind: 'gave-up', attempts: env.maxAttempts };
    },
    remaining: () => remaining(redis),
  })),
  connection: 'exclusive',
  supports: ['several-units', 'limit'],
};

/** Loads its script when the process starts, and never again. */
export const loadsItsScriptOnce = plain('loads-its-script-once', async (redis) => {
  const take =
    "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
  const digest = String(await redis.script('LOAD', take));
  return {
    purchase: async () =>
      (await redis.evalsha(digest, 1, key)) === 1 ? { kind: 'sold' } : { kind: 'sold-out' },
    remaining: () => remaining(redis),
  };
});

/** Three marked units, of which one is refused to whoever draws it. */
const drawing = (name: string, draw: (redis: Redis) => Promise<unknown>): Strategy => ({
  ...plain(name, (redis) => ({
    async purchase() {
      const drawn = String(await draw(redis as Redis));
      return { kind: drawn.includes('blue') || drawn === '' ? 'sold-out' : 'sold' };
    },
    remaining: () => redis.scard('units'),
  })),
  async open(redis) {
    await redis.sadd('units', 'amber', 'blue', 'coral');
  },
});
export const drawsAUnit = drawing('draws-a-unit', (redis) => redis.spop('units'));
export const drawsTwoUnits = drawing('draws-two-units', (redis) => redis.spop('units', 2));
export const drawsAllUnits = drawing('draws-all-units', (redis) => redis.spop('units', 3));
export const drawsInATransaction = drawing('draws-in-a-transaction', (redis) =>
  redis.multi().spop('units').exec(),
);
export const drawsInAScript = drawing('draws-in-a-script', (redis) =>
  redis.eval("return redis.call('SPOP', KEYS[1])", 1, 'units'),
);

/** Notes each buyer under one score: members of one score are in no order but that of their names. */
export const notesUnderOneScore = plain('notes-under-one-score', (redis) => ({
  async purchase(request) {
    await redis.zadd('buyers', 1, request.userId);
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Sells once both replicas have the sale, and would refuse falsely where they have not. */
export const waitsForReplica = plain('waits-for-replica', (redis) => ({
  async purchase() {
    if ((await redis.decr(key)) < 0) return { kind: 'sold-out' };
    return (await redis.wait(2, 50)) === 2 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Its twin: without a limit of time it would never be answered. */
export const waitsForEver = plain('waits-for-ever', (redis) => ({
  async purchase() {
    await redis.wait(1, 0);
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));
