// What happens in one tick: replies in one chunk, and requests that are coalesced.
import { answer, lease, lookAndTake, probe, STOCK, take } from './parts.mjs';

/** An async function that has nothing to wait for today. */
const nothing = async () => {};

/** Units in memory, an await between look and take. `others`: how many that stand there too it allows for. */
const awaitsInMemory = (name, others) =>
  probe(name, async (redis) => {
    const { leased, close } = await lease(redis);
    let between = 0;
    return {
      close,
      async purchase({ userId }) {
        await redis.sadd('{item}:seen', userId);
        if (leased.units - Math.min(between, others) < 1) return answer(false);
        between++;
        await nothing();
        between--;
        leased.units--;
        return answer(true);
      },
    };
  });
export const allowsForNobody = awaitsInMemory('allows-for-nobody', 0);
export const allowsForOne = awaitsInMemory('allows-for-one', 1);
export const allowsForAll = awaitsInMemory('allows-for-all', Infinity);

/** Puts requests together by `put`, and sells each batch by `sell`; `first` comes before. */
const coalesces = (name, put, { sell = lookOnce, first = nothing } = {}) =>
  probe(name, (redis) => {
    let waiting = [];
    const flush = async () => {
      const batch = waiting;
      waiting = [];
      try {
        await sell(redis, batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    };
    return async () => {
      await first(redis);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (waiting.length === 1) put(flush);
      });
    };
  });

const ONCE = `if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[1]) return 1`;
/** Looks once for the whole batch: right only where no batch is of two. */
const lookOnce = async (redis, batch) => {
  const sold = (await redis.eval(ONCE, 1, STOCK, batch.length)) === 1;
  for (const { resolve } of batch) resolve(answer(sold));
};
const takeEach = async (redis, batch) => {
  for (const { resolve } of batch) resolve(answer(await take(redis)));
};
const look = (redis) => redis.get('{item}:price');
// Whatever is global when it is called.
const immediate = (callback) => setImmediate(() => callback());
const tick = (callback) => process.nextTick(callback);
const microtask = (callback) => queueMicrotask(callback);

export const byImmediate = coalesces('by-immediate', immediate);
export const byImmediateEach = coalesces('by-immediate-each', immediate, { sell: takeEach });
export const byTick = coalesces('by-tick', tick);
export const byTickAfterAReply = coalesces('by-tick-after-a-reply', tick, { first: look });
export const byTickAfterAReplyEach = coalesces('by-tick-after-a-reply-each', tick, {
  first: look,
  sell: takeEach,
});
export const byMicrotask = coalesces('by-microtask', microtask);
export const byMicrotaskAfterAReply = coalesces('by-microtask-after-a-reply', microtask, { first: look });
export const byMicrotaskAfterAReplyEach = coalesces('by-microtask-after-a-reply-each', microtask, {
  first: look,
  sell: takeEach,
});

/** A buyer's units are taken one beside the other out of memory; `early`: before the await instead of after it. */
const takesSideBySide = (name, early) =>
  probe(name, async (redis) => {
    const { leased, close } = await lease(redis);
    const takeOne = async (unit) => {
      await redis.sadd('{item}:seen', unit);
      if (leased.units < 1) return 0;
      if (early) leased.units--;
      await nothing();
      if (!early) leased.units--;
      return 1;
    };
    return {
      close,
      async purchase({ quantity }) {
        const taken = await Promise.all(Array.from({ length: quantity }, (_, unit) => takeOne(unit)));
        if (taken.every((one) => one === 1)) return answer(true);
        for (const one of taken) leased.units += one;
        return answer(false);
      },
    };
  });
export const awaitsThenTakes = takesSideBySide('awaits-then-takes', false);
export const takesThenAwaits = takesSideBySide('takes-then-awaits', true);

/** Puts off what it does once it knows the price; by then the reply to an earlier command may be there, that was not yet. */
const putsOffSelling = (name, sell) =>
  probe(
    name,
    (lobby) => async (_request, redis) => {
      let counted = false;
      void lobby.incr('{item}:visits').then(() => (counted = true));
      await redis.get('{item}:price');
      const before = counted;
      return new Promise((resolve, reject) => {
        setImmediate(() => sell(redis, counted && !before).then((sold) => resolve(answer(sold)), reject));
      });
    },
    { connection: 'exclusive' },
  );
export const looksOnceCounted = putsOffSelling('looks-once-counted', (redis, counted) =>
  counted ? lookAndTake(redis) : take(redis),
);
export const takesOnceCounted = putsOffSelling('takes-once-counted', (redis) => take(redis));
