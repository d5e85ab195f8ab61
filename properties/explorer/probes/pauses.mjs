// What time it is: pauses, ticks, and timers that are set anew or cleared.
import { answer, lease, probe, STOCK, take } from './parts.mjs';

/** Looks, pauses, and takes what it saw by `exchange`, over a client that tells of every cut. */
const exchangesAfterAPause = (name, look, exchange) =>
  probe(
    name,
    (_lobby, env) => async (_request, redis) => {
      for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
        const left = Number(await look(redis));
        if (left < 1) return answer(false);
        await env.sleep(100);
        if (await exchange(redis, left)) return answer(true);
      }
      return { kind: 'gave-up', attempts: env.maxAttempts };
    },
    { connection: 'exclusive', client: { maxRetriesPerRequest: 0 } },
  );
/** Wrong: by then the connection may be another one, on which nothing is watched. */
export const watchesOverAPause = exchangesAfterAPause(
  'watches-over-a-pause',
  async (redis) => {
    await redis.watch(STOCK);
    return redis.get(STOCK);
  },
  async (redis, left) =>
    (await redis
      .multi()
      .set(STOCK, left - 1)
      .exec()) !== null,
);
const EXCHANGE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end redis.call('DECR', KEYS[1]) return 1`;
export const comparesAfterAPause = exchangesAfterAPause(
  'compares-after-a-pause',
  (redis) => redis.get(STOCK),
  async (redis, left) => (await redis.eval(EXCHANGE, 1, STOCK, left)) === 1,
);

/** Units in memory: looks, pauses, takes, or looks again after the pause. */
const pausesInMemory = (name, looksAgain) =>
  probe(name, async (redis, env) => {
    const { leased, close } = await lease(redis);
    return {
      close,
      async purchase() {
        if (leased.units < 1) return answer(false);
        await env.sleep(10);
        if (looksAgain && leased.units < 1) return answer(false);
        leased.units--;
        return answer(true);
      },
    };
  });
export const looksPausesTakes = pausesInMemory('looks-pauses-takes', false);
export const pausesLooksTakes = pausesInMemory('pauses-looks-takes', true);

/** Takes at a tick of an interval, and clears it: in that tick, or once the answer is there or another one comes. */
const takesAtATick = (name, clearsInTheTick) =>
  probe(
    name,
    (redis) => () =>
      new Promise((resolve, reject) => {
        let ticks = 0;
        const interval = setInterval(() => {
          if (clearsInTheTick || ++ticks === 2) clearInterval(interval);
          take(redis).then((sold) => {
            clearInterval(interval);
            resolve(answer(sold));
          }, reject);
        }, 50);
      }),
  );
export const clearsAfterTheAnswer = takesAtATick('clears-after-the-answer', false);
export const clearsInTheTick = takesAtATick('clears-in-the-tick', true);

/** Requests that come before a timer fires, which each of them sets anew, are sold by one script call. */
const putsOffByRefresh = (name, sell) =>
  probe(name, (redis) => {
    let waiting = [];
    let timer;
    const flush = async () => {
      const batch = waiting;
      waiting = [];
      timer = undefined;
      try {
        await sell(redis, batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    };
    return () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (timer) timer.refresh();
        else timer = setTimeout(() => void flush(), 10).unref();
      });
  });
export const oneLookForAll = putsOffByRefresh('one-look-for-all', async (redis, batch) => {
  const there = Number(await redis.get(STOCK)) > 0;
  if (there) await redis.decrby(STOCK, batch.length);
  for (const { resolve } of batch) resolve(answer(there));
});
export const oneTakeForEach = putsOffByRefresh('one-take-for-each', async (redis, batch) => {
  for (const { resolve } of batch) resolve(answer(await take(redis)));
});

/** Gives the unit back a while after it was sold, unless what was set for that is cleared. */
const givesBack = (name, set, clear, clears) =>
  probe(name, (redis) => async () => {
    const sold = await take(redis);
    const pending = sold ? set(() => void redis.incr(STOCK)) : undefined;
    if (clears && pending !== undefined) clear(pending);
    return answer(sold);
  });
const later = (callback) => setTimeout(() => callback(), 100).unref();
const soon = (callback) => setImmediate(() => callback());
export const unrefGivesBack = givesBack('unref-gives-back', later, clearTimeout, false);
export const unrefIsCleared = givesBack('unref-is-cleared', later, clearTimeout, true);
export const immediateGivesBack = givesBack('immediate-gives-back', soon, clearImmediate, false);
export const immediateIsCleared = givesBack('immediate-is-cleared', soon, clearImmediate, true);
