import { key, plain, remaining } from './parts.ts';

/** Strategies that refuse, record and serve buyers in an order of their own, each to show one thing about the explorer. */

/** Refuses whoever comes first, and only them: wrong, but explained by any order that ignores who was over when. */
export const refusesTheFirst = plain('refuses-the-first', (redis) => ({
  async purchase() {
    if ((await redis.incr('visits')) === 1) return { kind: 'sold-out' };
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

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

/** Sells whatever it is asked for: the guard looks at the stock alone. */
export const looksAtNothing = plain('looks-at-nothing', (redis) => ({
  async purchase({ quantity }) {
    if (Number(await redis.get(key)) < quantity) return { kind: 'sold-out' };
    return { kind: 'sold', remaining: await redis.decrby(key, quantity) };
  },
  remaining: () => remaining(redis),
}));

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

/** In the background each process looks how much is left, and its purchases rely on that: several on the same unit. */
export const sellsWhatItSawLast = plain('sells-what-it-saw-last', (redis) => {
  let left: number | undefined;
  return {
    async purchase() {
      if (left === undefined) return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
      if (left <= 0) return { kind: 'sold-out' };
      await redis.decr(key);
      return { kind: 'sold' };
    },
    remaining: () => remaining(redis),
    async runJob() {
      left = Number(await redis.get(key));
      return 'idle';
    },
  };
});

/** Its right twin: what it saw last is good enough to refuse, as units only become fewer. */
export const refusesByWhatItSawLast = plain('refuses-by-what-it-saw-last', (redis) => {
  let left: number | undefined;
  return {
    async purchase() {
      if (left !== undefined && left <= 0) return { kind: 'sold-out' };
      return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
    },
    remaining: () => remaining(redis),
    async runJob() {
      left = Number(await redis.get(key));
      return 'idle';
    },
  };
});
