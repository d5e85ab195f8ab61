import { readFile } from 'node:fs/promises';
import type { Redis } from 'ioredis';
import type { Client, PurchaseOutcome, Strategy } from '../../strategies/contract.ts';
import { stockKey } from '../../strategies/keys.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';

/**
 * Strategies that each show one thing about the explorer. They are imported by the tests as they are, and evaluated
 * afresh by the explorer as a file.
 */
const key = stockKey('item');

const plain = (name: string, seller: Strategy['seller']): Strategy => ({
  name,
  summary: 'shows one thing about the explorer',
  connection: 'shared',
  supports: ['several-units'],
  async open(redis, sale) {
    await redis.set(key, sale.stock);
  },
  seller,
});

const remaining = async (redis: { get(name: string): Promise<string | null> }): Promise<number> =>
  Number(await redis.get(key));

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

/** Refuses whoever comes first, and only them: wrong, but explained by any order that ignores who was over when. */
export const refusesTheFirst = plain('refuses-the-first', (redis) => ({
  async purchase() {
    if ((await redis.incr('visits')) === 1) return { kind: 'sold-out' };
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

let unitsOfThisProcess: number | undefined;
/** Keeps the stock in a variable of its module, which every process has for itself. */
export const countsInItsModule = plain('counts-in-its-module', (redis, sale) => ({
  async purchase() {
    unitsOfThisProcess ??= Number((await redis.get(key)) ?? sale.stock);
    if (unitsOfThisProcess <= 0) return { kind: 'sold-out' };
    unitsOfThisProcess--;
    await redis.decr(key);
    return { kind: 'sold' };
  },
  remaining: () => remaining(redis),
}));

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

/** Chance from outside its env. */
export const drawsLots = plain('draws-lots', (redis) => ({
  async purchase() {
    await redis.incr(`lot:${Math.floor(Math.random() * 4)}`);
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Waits for a file while it sells. */
export const readsAFile = plain('reads-a-file', (redis) => ({
  async purchase() {
    await readFile('/etc/hostname').catch(() => undefined);
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Blocks in the server. */
export const blocks = plain('blocks', (redis) => ({
  async purchase() {
    const unit = await redis.blpop('units', 1);
    return unit ? { kind: 'sold' } : { kind: 'sold-out' };
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

/** Whoever comes first waits for ever. */
export const hangs = plain('hangs', (redis) => ({
  async purchase() {
    if ((await redis.incr('visits')) === 1) return new Promise(() => {});
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Pauses by the global timer between look and take, as people write it. */
export const pauses = plain('pauses', (redis) => ({
  async purchase() {
    if (Number(await redis.get(key)) < 1) return { kind: 'sold-out' };
    await new Promise((resolve) => setTimeout(resolve, 1000 * 3600));
    await redis.decr(key);
    return { kind: 'sold' };
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

/** A lock that runs out while its owner still works, without a fencing token. */
export const unfencedLock = plain('unfenced-lock', (redis, _sale, env) => ({
  async purchase(request) {
    for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
      if ((await redis.set('lock', request.requestId, 'PX', 5000, 'NX')) === 'OK') {
        const stock = Number(await redis.get(key));
        if (stock > 0) await redis.set(key, stock - 1);
        const release =
          "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1";
        await redis.eval(release, 1, 'lock', request.requestId);
        return stock > 0 ? { kind: 'sold' } : { kind: 'sold-out' };
      }
      await env.sleep(10);
    }
    return { kind: 'gave-up', attempts: env.maxAttempts };
  },
  remaining: () => remaining(redis),
}));

/** Remembers in the process that it is sold out, and never looks again. */
export const stickySoldOut = plain('sticky-sold-out', (redis) => {
  let soldOut = false;
  return {
    async purchase(request) {
      if (soldOut) return { kind: 'sold-out' };
      const take =
        "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
      if ((await redis.eval(take, 1, key)) === 1) return { kind: 'sold' };
      soldOut = request.quantity === 1;
      return { kind: 'sold-out' };
    },
    remaining: () => remaining(redis),
    async release() {
      await redis.incr(key);
    },
  };
});

/** Puts the counter back to nothing when it fell below: units that came in between are gone. */
export const resetsToZero = plain('resets-to-zero', (redis) => ({
  async purchase() {
    if ((await redis.decr(key)) >= 0) return { kind: 'sold' };
    await redis.set(key, 0);
    return { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
  async restock(quantity) {
    await redis.incrby(key, quantity);
  },
}));

/** Two timers: it gives up should the later one fire first. */
export const keepsDeadlines = plain('keeps-deadlines', (redis, _sale, env) => ({
  async purchase() {
    let late = false;
    setTimeout(() => (late = true), 100);
    await env.sleep(10);
    if (late) return { kind: 'gave-up', attempts: 1 };
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Refuses whoever draws a number that was drawn before. */
export const drawsTickets = plain('draws-tickets', (redis, _sale, env) => ({
  async purchase() {
    if ((await redis.set(`ticket:${env.random()}`, 1, 'NX')) === null) return { kind: 'sold-out' };
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Chooses between a way that is right and two that are wrong. */
export const choosesAWay = plain('chooses-a-way', (redis, _sale, env) => ({
  async purchase() {
    const way = env.pick(3);
    if (way === 2) await redis.decr(key);
    return way < 2 && (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

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

/** Gives the unit back a while after it has sold it. */
export const givesBackLate = plain('gives-back-late', (redis) => ({
  async purchase() {
    if ((await redis.decr(key)) < 0) return { kind: 'sold-out' };
    setTimeout(() => void redis.incr(key), 100);
    return { kind: 'sold' };
  },
  remaining: () => remaining(redis),
}));

/** Tells the buyer first, and writes the order afterwards. */
export const recordsLater = plain('records-later', (redis) => ({
  async purchase({ requestId }) {
    if ((await redis.decr(key)) < 0) return { kind: 'sold-out' };
    redis.sadd('orders', requestId).catch(() => {});
    return { kind: 'sold' };
  },
  remaining: () => remaining(redis),
  async recorded() {
    const requests = await redis.smembers('orders');
    return requests.map((requestId) => ({ requestId, userId: 'unknown', quantity: 1 }));
  },
}));

/** Writes the order first, and does not take it back when it refuses. */
export const recordsFirst = plain('records-first', (redis) => ({
  async purchase({ requestId }) {
    await redis.sadd('orders', requestId);
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
  async recorded() {
    const requests = await redis.smembers('orders');
    return requests.map((requestId) => ({ requestId, userId: 'unknown', quantity: 1 }));
  },
}));

/** Right, with background work that looks and changes nothing. */
export const looksNowAndThen = plain('looks-now-and-then', (redis) => ({
  async purchase() {
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
  async runJob() {
    await redis.get(key);
    return 'idle';
  },
}));

/** Ends the whole process. */
export const exits = plain('exits', (redis) => ({
  async purchase() {
    return process.exit(0);
  },
  remaining: () => remaining(redis),
}));

/** Lets a promise fail that nobody waits for. */
export const rejects = plain('rejects', (redis) => ({
  async purchase() {
    void Promise.reject(new Error('on its own'));
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Sells whatever it is asked for: the guard looks at the stock alone. */
export const looksAtNothing = plain('looks-at-nothing', (redis) => ({
  async purchase({ quantity }) {
    if (Number(await redis.get(key)) < quantity) return { kind: 'sold-out' };
    return { kind: 'sold', remaining: await redis.decrby(key, quantity) };
  },
  remaining: () => remaining(redis),
}));

const takeOne = async (redis: Client): Promise<PurchaseOutcome> => {
  const left = "return tonumber(redis.call('GET', KEYS[1])) > 0 and redis.call('DECR', KEYS[1]) or -1";
  return Number(await redis.eval(left, 1, key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
};

const servedHere = new Map<string, Promise<PurchaseOutcome>>();
/** Remembers requests in its process: enough for a double click, unless a load balancer sends it elsewhere. */
export const remembersInItsProcess = plain('remembers-in-its-process', (redis) => ({
  purchase({ requestId }) {
    const known = servedHere.get(requestId) ?? takeOne(redis);
    servedHere.set(requestId, known);
    return known;
  },
  remaining: () => remaining(redis),
}));

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

/** Right: buyers stand in line, and background work lets in one after the other, by the ids that it reads there. */
export const letsIn = plain('lets-in', (redis, _sale, env) => ({
  async purchase({ requestId }) {
    await redis.rpush('line', requestId);
    for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
      await env.sleep(10);
      if ((await redis.sismember('let-in', requestId)) === 0) continue;
      return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
    }
    return { kind: 'gave-up', attempts: env.maxAttempts };
  },
  remaining: () => remaining(redis),
  async runJob() {
    const first = await redis.lpop('line');
    if (first === null) return 'idle';
    await redis.sadd('let-in', first);
    return 'worked';
  },
}));

/** Its twin: nobody is ever let in. */
export const letsNobodyIn = plain('lets-nobody-in', (redis, _sale, env) => ({
  async purchase({ requestId }) {
    await env.sleep(10);
    if ((await redis.sismember('let-in', requestId)) === 0) return { kind: 'gave-up', attempts: 1 };
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
  async runJob() {
    return 'idle';
  },
}));

/** Notes each buyer under one score: members of one score are in no order but that of their names. */
export const notesUnderOneScore = plain('notes-under-one-score', (redis) => ({
  async purchase(request) {
    await redis.zadd('buyers', 1, request.userId);
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Sells, and waits for a replica that is not there. */
export const waitsForReplica = plain('waits-for-replica', (redis) => ({
  async purchase() {
    if ((await redis.decr(key)) < 0) return { kind: 'sold-out' };
    return (await redis.wait(1, 50)) === 0 ? { kind: 'sold' } : { kind: 'sold-out' };
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
