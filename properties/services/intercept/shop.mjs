// A shop in Node: `node shop.mjs <technique> [ioredis | node-redis]`. Some of its techniques are wrong, each in a way of its own.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis5';

const [, , technique, library = 'ioredis'] = process.argv;
const KEY = 'stock';
const UNITS = 'units';
const url = process.env.REDIS_URL;

const DISCONNECTED = new Error('there is no connection');

/** How its ioredis is set up, where that is what matters. */
const OPTIONS = {
  /** It connects again soon, and fails what comes before. */
  'fails-fast': { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 100 },
  impatient: { commandTimeout: Number(process.env.LIMIT_MS) },
};

/** By node-redis. */
const MADE = {
  'node-redis': () => createClient({ url }),
  'node-redis-cluster': () => createCluster({ rootNodes: [{ url }] }),
  'node-redis-sentinel': () =>
    createSentinel({
      name: 'shop',
      sentinelRootNodes: [{ host: '127.0.0.1', port: Number(new URL(url).port) }],
    }),
};

/** The few commands that are needed, by either library. */
async function connected() {
  if (library.startsWith('ioredis')) {
    const redis =
      library === 'ioredis-cluster' ? new Cluster([url]) : new Redis(url, OPTIONS[technique] ?? {});
    redis.on('error', () => {});
    return {
      isReady: () => redis.status === 'ready',
      get: (key) => redis.get(key),
      decr: (key) => redis.decr(key),
      del: (key) => redis.del(key),
      incr: (key) => redis.incr(key),
      set: (...args) => redis.set(...args),
      watch: (key) => redis.watch(key),
      unwatch: () => redis.unwatch(),
      mget: (...keys) => redis.mget(...keys),
      decrIfWatched: async (key) => (await redis.multi().decr(key).exec()) !== null,
      takeInTime: async (key) => (await redis.blpop(key, 1)) !== null,
    };
  }
  const made = MADE[library]();
  const redis = await made.on('error', () => {}).connect();
  return {
    get: (key) => redis.get(key),
    mget: (...keys) => redis.mGet(keys),
    decr: (key) => redis.decr(key),
    del: (key) => redis.del(key),
    incr: (key) => redis.incr(key),
    set: (...args) => redis.sendCommand(['SET', ...args]),
    watch: (key) => redis.watch(key),
    unwatch: () => redis.unwatch(),
    takeInTime: async (key) => (await redis.blPop(key, 1)) !== null,
    decrIfWatched: (key) =>
      redis
        .multi()
        .decr(key)
        .exec()
        .then(
          () => true,
          (error) => {
            if (error.constructor.name === 'WatchError') return false;
            throw error;
          },
        ),
  };
}

const redis = await connected();
const other = ['fanout', 'alike'].includes(technique) ? await connected() : undefined;
let soldOut = false;
let hasOne = false;
let lock = Promise.resolve();

async function readThenWrite() {
  if (Number(await redis.get(KEY)) < 1) return false;
  await redis.decr(KEY);
  return true;
}

async function decrElseBack() {
  if ((await redis.decr(KEY)) >= 0) return true;
  await redis.incr(KEY);
  return false;
}

async function watchAndRetry() {
  for (;;) {
    await redis.watch(KEY);
    if (Number(await redis.get(KEY)) < 1) {
      await redis.unwatch();
      return false;
    }
    if (await redis.decrIfWatched(KEY)) return true;
  }
}

const TECHNIQUES = {
  'read-then-write': readThenWrite,
  poller: readThenWrite,
  'fails-fast': async () => {
    if (redis.isReady()) return (await redis.decr(KEY)) >= 0;
    throw DISCONNECTED;
  },
  impatient: readThenWrite,
  /** One step, and right; beside it a command with keys of one slot, or of two. */
  'one-slot': async () => {
    await redis.mget('{stock}:price', KEY);
    return decrElseBack();
  },
  'two-slots': async () => {
    await redis.mget('price', KEY);
    return decrElseBack();
  },
  watch: watchAndRetry,
  /** Each unit is an item of a list, and a second is waited for one. */
  waits: () => redis.takeInTime(UNITS),
  'waits-in-vain': async () => {
    await redis.takeInTime(UNITS);
    return true;
  },
  /** Right as well. What it asks besides says nothing of the sale, and decides of each purchase whether it takes place. */
  aside: async () => {
    if ((await redis.get('settings')) !== 'on') throw new Error('no settings');
    if ((await redis.incr('rate')) > 1) throw new Error('too many requests');
    return watchAndRetry();
  },
  /** What it writes beside the sale decides of the sale. */
  closing: async () => {
    const isClosed = (await redis.get('closed')) === 'yes';
    const sold = !isClosed && (await readThenWrite());
    await redis.set('closed', 'yes');
    return sold;
  },
  /** Right, but what it remembers of one sale is wrong in the next. */
  flag: async () => {
    if (soldOut) return false;
    if ((await redis.decr(KEY)) >= 0) return true;
    await redis.incr(KEY);
    soldOut = true;
    return false;
  },
  /** Takes two units and sells one: of the other nobody knows but this process. */
  leased: async () => {
    if (hasOne) {
      hasOne = false;
      return true;
    }
    if (!(await decrElseBack())) return false;
    hasOne = await decrElseBack();
    return true;
  },
  /** Right, but of a sale that is over it leaves no number. */
  deletes: async () => {
    const left = await redis.decr(KEY);
    if (left <= 0) await redis.del(KEY);
    return left >= 0;
  },
  /** Keeps the buyers of one process apart, and nobody else. */
  lock: async () => {
    const before = lock;
    const { promise, resolve } = withResolvers();
    lock = promise;
    await before;
    try {
      return await readThenWrite();
    } finally {
      resolve();
    }
  },
  /** Two connections of one process have a command under way at the same time. */
  fanout: async () => {
    const [left] = await Promise.all([redis.get(KEY), other.get('price')]);
    if (Number(left) < 1) return false;
    const [stock] = await Promise.all([redis.decr(KEY), other.incr('asked')]);
    if (stock >= 0) return true;
    await redis.incr(KEY);
    return false;
  },
  /** The same, and nobody can tell one from the other. */
  alike: async () => {
    await Promise.all([redis.get(KEY), other.get(KEY)]);
    return (await redis.decr(KEY)) >= 0;
  },
  /** What it sends differs from run to run. */
  random: async () => {
    await redis.set('last', randomUUID());
    return readThenWrite();
  },
};

function withResolvers() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}

if (technique === 'poller') setInterval(() => void redis.get(KEY).catch(() => {}), 20);
if (technique === 'aside') {
  await redis.set('settings', 'on');
  setInterval(() => void redis.get('settings').catch(() => {}), 500);
}

createServer((request, response) => {
  TECHNIQUES[technique](request).then(
    (sold) => response.writeHead(sold ? 200 : 409).end(sold ? 'sold' : 'sold out'),
    (error) => response.writeHead(error === DISCONNECTED ? 503 : 500).end(String(error)),
  );
}).listen(process.env.PORT, '127.0.0.1');
