// Commands that wait at the server: what a sale makes of them.
import { answer, lookAndTake, probe as plain, STOCK, take } from './parts.mjs';

/** Each unit is an item of a list. */
const UNITS = '{item}:units';
const give = (redis, units = 1) => redis.rpush(UNITS, ...Array.from({ length: units }, () => 'unit'));
const withTokens = (name, make, more = {}) =>
  plain(name, async (redis) => ({ remaining: () => redis.llen(UNITS), ...(await make(redis)) }), {
    open: (redis, { stock }) => give(redis, stock),
    ...more,
  });
const ofTokens = (name, purchase) =>
  withTokens(name, (redis) => ({ purchase: (request) => purchase(redis, request) }));

/** Waits a second for a unit. */
export const waits = ofTokens('waits', async (redis) => answer((await redis.blpop(UNITS, 1)) !== null));

/** Takes its reply for a token, whatever it says. */
export const neverReads = ofTokens('never-reads', async (redis) => {
  await redis.blpop(UNITS, 1);
  return answer(true);
});

/** Waits for ever, so that whoever comes too late hangs. */
export const waitsForEver = ofTokens('waits-for-ever', async (redis) => {
  await redis.blpop(UNITS, 0);
  return answer(true);
});

/** Looks for a unit three times, a second each. */
export const waitsThrice = ofTokens('waits-thrice', async (redis) => {
  for (let tries = 0; tries < 3; tries++) if (await redis.blpop(UNITS, 1)) return answer(true);
  return answer(false);
});

/** The same in a process that has a heartbeat; and one that believes in the end that it has found one. */
const beside = (name, found) =>
  withTokens(name, (redis) => {
    let beats = 0;
    setInterval(() => (beats = 1 - beats), 10_000);
    const purchase = async () => {
      for (let tries = 0; tries < 3; tries++) if (await redis.blpop(UNITS, 1)) return answer(true);
      return answer(found);
    };
    return { purchase };
  });
export const waitsBesideAHeartbeat = beside('waits-beside-a-heartbeat', false);
export const believesBesideAHeartbeat = beside('believes-beside-a-heartbeat', true);

/** Moves what it sells to a list of its own. */
export const moves = ofTokens('moves', async (redis) =>
  answer((await redis.blmove(UNITS, '{item}:sold', 'LEFT', 'RIGHT', 1)) !== null),
);

/** Waits in a transaction, where nobody does. */
export const waitsInMulti = ofTokens('waits-in-multi', async (redis) => {
  const [[, got]] = await redis.multi().blpop(UNITS, 0).exec();
  return answer(got !== null);
});

/** Waits on the connection that watches. */
export const watchesAndWaits = ofTokens('watches-and-waits', async (redis) => {
  await redis.watch(UNITS);
  return answer((await redis.blpop(UNITS, 1)) !== null);
});

/** Whoever has the item of that list may look and take; one that nobody gives back is lost. */
const MUTEX = '{item}:mutex';
const guarded = (name, waitS, locked) =>
  plain(
    name,
    (redis) => async () => {
      if (!(await redis.blpop(MUTEX, waitS)) && locked) throw new Error('busy');
      const sold = await lookAndTake(redis);
      await redis.lpush(MUTEX, 'free');
      return answer(sold);
    },
    {
      open: async (redis, { stock }) => {
        await redis.set(STOCK, stock);
        await redis.lpush(MUTEX, 'free');
      },
    },
  );
export const waitsForItsTurn = guarded('waits-for-its-turn', 0, true);
/** After a second it goes on as if it were its turn. */
export const losesPatience = guarded('loses-patience', 1, false);

/** A buyer leaves an order, and waits for what a consumer, that every process has, makes of it. */
const ORDERS = '{item}:orders';
const served = (name, { waitS, pollS, late }) =>
  withTokens(name, (redis) => {
    const own = redis.duplicate();
    const consume = async () => {
      for (;;) {
        const order = await own.brpop(ORDERS, pollS);
        if (order)
          await own.lpush(`{item}:answer:${order[1]}`, (await own.lpop(UNITS)) ? 'sold' : 'sold-out');
      }
    };
    consume().catch(() => {});
    return {
      async purchase({ requestId }) {
        await redis.lpush(ORDERS, requestId);
        const told = await redis.brpop(`{item}:answer:${requestId}`, waitS);
        return told ? { kind: told[1] } : late();
      },
    };
  });
export const asksAConsumer = served('asks-a-consumer', { waitS: 0, pollS: 0 });
/** The consumer looks again each second. */
export const asksAPoller = served('asks-a-poller', { waitS: 0, pollS: 1 });
/** Who waited for long enough is told that there is nothing, and the consumer sells it to them all the same. */
export const givesUp = served('gives-up', { waitS: 5, pollS: 0, late: () => answer(false) });

/** The first process that comes is the one that sells; whoever asks waits for it, and so do those who come when all is over. */
export const asksALeader = withTokens('asks-a-leader', async (redis) => {
  const own = redis.duplicate();
  const lead = async () => {
    for (;;) {
      const [, order] = await own.brpop(ORDERS, 0);
      await own.lpush(`{item}:answer:${order}`, (await own.lpop(UNITS)) ? 'sold' : 'sold-out');
    }
  };
  if (await redis.setnx('{item}:leader', 1)) lead().catch(() => {});
  return {
    async purchase({ requestId }) {
      await redis.lpush(ORDERS, requestId);
      const [, told] = await redis.brpop(`{item}:answer:${requestId}`, 0);
      return { kind: told };
    },
  };
});

/** The last unit lies in a list of its own, into which one looks after a second; half a minute is too long. */
const LAST = '{item}:last';
const inTwoLists = (name, looksOn) =>
  plain(
    name,
    (redis) => ({
      remaining: async () => (await redis.llen(UNITS)) + (await redis.llen(LAST)),
      async purchase() {
        let late = false;
        const guard = setTimeout(() => (late = true), 30_000);
        const got = await redis.blpop(UNITS, 1);
        clearTimeout(guard);
        if (!got && late) return { kind: 'gave-up', attempts: 1 };
        return answer(got !== null || (looksOn && (await redis.lpop(LAST)) !== null));
      },
    }),
    {
      async open(redis, { stock }) {
        await redis.rpush(LAST, 'unit');
        if (stock > 1) await give(redis, stock - 1);
      },
    },
  );
export const looksOn = inTwoLists('looks-on', true);
export const looksNoFurther = inTwoLists('looks-no-further', false);

/** Orders are entries of a stream, which a job reads with a group, and waits a second for. */
const STREAM = '{item}:stream';
const streaming = (name, acknowledges, waitMs = 1000) =>
  withTokens(
    name,
    (redis) => ({
      async purchase({ requestId }) {
        await redis.xadd(STREAM, '1-*', 'order', requestId);
        const told = await redis.blpop(`{item}:answer:${requestId}`, 0);
        return { kind: told[1] };
      },
      async runJob() {
        const read = await redis.xreadgroup(
          'GROUP',
          'workers',
          'one',
          'COUNT',
          1,
          'BLOCK',
          waitMs,
          'STREAMS',
          STREAM,
          '>',
        );
        if (!read) return 'idle';
        const [[, [[id, [, order]]]]] = read;
        await redis.lpush(`{item}:answer:${order}`, (await redis.lpop(UNITS)) ? 'sold' : 'sold-out');
        if (acknowledges) await redis.xack(STREAM, 'workers', id);
        return 'worked';
      },
    }),
    {
      open: async (redis, { stock }) => {
        await give(redis, stock);
        await redis.xgroup('CREATE', STREAM, 'workers', '$', 'MKSTREAM');
      },
    },
  );
export const readsAStream = streaming('reads-a-stream', true);
/** A pass of the job ends only once there is something. */
export const waitsForWork = streaming('waits-for-work', true, 0);

/** Waits for the entries that come after it did. */
export const readsWhatComes = plain('reads-what-comes', (redis) => async () => {
  await redis.xread('BLOCK', 1000, 'STREAMS', STREAM, '$');
  return answer(await take(redis));
});

/** A mark lives for five seconds, and whoever finds that it is gone sells two for one. */
const marking = (name, waitS) =>
  plain(name, (redis) => async ({ requestId }) => {
    await redis.set(`{item}:mark:${requestId}`, 1, 'EX', 5);
    await redis.blpop('{item}:nothing', waitS);
    if ((await redis.exists(`{item}:mark:${requestId}`)) === 0) return answer(true);
    return answer(await take(redis));
  });
export const outlivesItsMark = marking('outlives-its-mark', 10);
export const marksForLonger = marking('marks-for-longer', 2);
