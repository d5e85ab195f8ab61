// What time it is: locks and leases that end, timers that race with replies, sweeps at rest, ticks.
import { AsyncLocalStorage } from 'node:async_hooks';
import { scheduler, setInterval as every, setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { answer, lookAndTake, probe, STOCK, take } from './parts.mjs';

const LOCK = '{item}:lock';
const FREE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** Looks and writes under a lock of five seconds, with a pause of its own in between. */
const pausesUnderALock = (name, pauseMs) =>
  probe(name, (redis, env) => async ({ requestId }) => {
    if ((await redis.set(LOCK, requestId, 'PX', 5_000, 'NX')) === null)
      return { kind: 'gave-up', attempts: 1 };
    const stock = Number(await redis.get(STOCK));
    await env.sleep(pauseMs);
    if (stock > 0) await redis.set(STOCK, stock - 1);
    await redis.eval(FREE, 1, LOCK, requestId);
    return answer(stock > 0);
  });
export const pausesTooLong = pausesUnderALock('pauses-too-long', 5_000);
export const pausesBriefly = pausesUnderALock('pauses-briefly', 1_000);

/** Takes over a lease once it is over by the clock of whoever asks. */
const LEASE = `local over = redis.call('GET', KEYS[1])
if over and tonumber(over) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] + 60000) return 1`;
const leasing = (name, sell) =>
  probe(name, (redis, env) => async () => {
    if ((await redis.eval(LEASE, 1, LOCK, env.now())) === 0) return { kind: 'gave-up', attempts: 1 };
    const sold = await sell(redis);
    await redis.del(LOCK);
    return answer(sold);
  });
export const leasesAndLooks = leasing('leases-and-looks', lookAndTake);
export const leasesAndTakes = leasing('leases-and-takes', take);

/** Sells from memory what a timer of `laterMs` finds unsold, if it fires before one that is set after a reply. */
const racesTimers = (name, laterMs) =>
  probe(name, (redis, env) => async () => {
    let isLate = false;
    setTimeout(() => (isLate = true), 100);
    if (!(await take(redis))) return answer(false);
    await env.sleep(laterMs);
    // Whoever thinks that this cannot be late sells a second time.
    return isLate ? answer((await redis.decr(STOCK)) > -100) : answer(true);
  });
export const setsAShorterOneLater = racesTimers('sets-a-shorter-one-later', 50);
/** Set at once, with nothing between, the shorter one comes first. */
export const setsAShorterOneAtOnce = probe('sets-a-shorter-one-at-once', (redis, env) => async () => {
  let isLate = false;
  setTimeout(() => (isLate = true), 100);
  await env.sleep(50);
  if (isLate) await redis.decr(STOCK);
  return answer(await take(redis));
});

/** A hold of 300 s, and a record of it: a sweep between their ends puts the unit back. */
const HOLD = `if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1])
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2]) redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1]) return 1`;
const KEEP = `if redis.call('ZREM', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[4], ARGV[1], ARGV[2]) return 1`;
const SWEEP = `if redis.call('ZREM', KEYS[3], ARGV[1]) == 0 then return 0 end
if redis.call('DEL', KEYS[2]) == 1 then redis.call('INCR', KEYS[1]) end return 1`;
const keys = (id) => [STOCK, `{item}:hold:${id}`, '{item}:due', '{item}:orders'];
const holding = (name, recordSeconds) =>
  probe(name, (redis, env) => {
    return {
      async purchase({ requestId, userId }) {
        const held = await redis.eval(
          HOLD,
          4,
          ...keys(requestId),
          requestId,
          recordSeconds,
          env.now() + 300_000,
        );
        if (held === 0) return answer(false);
        return answer((await redis.eval(KEEP, 4, ...keys(requestId), requestId, userId)) === 1);
      },
      async runJob() {
        const due = await redis.zrangebyscore('{item}:due', 0, env.now());
        for (const id of due) await redis.eval(SWEEP, 4, ...keys(id), id);
        return due.length > 0 ? 'worked' : 'idle';
      },
      async recorded() {
        const orders = Object.entries(await redis.hgetall('{item}:orders'));
        return orders.map(([requestId, userId]) => ({ requestId, userId, quantity: 1 }));
      },
    };
  });
export const recordEndsBefore = holding('record-ends-before', 240);
export const recordOutlives = holding('record-outlives', 360);

/** An interval ticks while the sale goes on. */
const ticking = (name, tick) =>
  probe(name, (redis) => async () => {
    const state = { ticks: 0 };
    const timer = setInterval(() => tick(redis, state), 1_000);
    try {
      const sold = await take(redis);
      return answer(sold && state.ticks !== 3 ? sold : (await redis.decr(STOCK)) > -100);
    } finally {
      clearInterval(timer);
    }
  });
export const actsAtTheThirdTick = ticking('acts-at-the-third-tick', (_redis, state) => state.ticks++);
export const beats = probe('beats', (redis) => async () => {
  const timer = setInterval(() => redis.set('{item}:beat', 'alive', 'PX', 3_000).catch(() => {}), 1_000);
  try {
    return answer(await take(redis));
  } finally {
    clearInterval(timer);
  }
});
/** Beats while it waits, by a timer that is set after a reply. */
const beatsAndWaits = (name, sell) =>
  probe(name, (redis, env) => async () => {
    const timer = setInterval(() => redis.get('{item}:beat').catch(() => {}), 30);
    await redis.get('{item}:price');
    await env.sleep(120);
    clearInterval(timer);
    return answer(await sell(redis));
  });
export const beatsAndTakes = beatsAndWaits('beats-and-takes', take);
export const beatsAndDenies = beatsAndWaits('beats-and-denies', async (redis) => !(await take(redis)));
export const beatsAndCounts = probe('beats-and-counts', (redis) => async () => {
  const timer = setInterval(() => redis.incr('{item}:beats').catch(() => {}), 1_000);
  try {
    return answer(await take(redis));
  } finally {
    clearInterval(timer);
  }
});

/** Waits in every way that Node has; what is aborted never comes. */
const waiting = (name, sell) =>
  probe(name, (redis) => async () => {
    await sleep(10);
    await scheduler.wait(10);
    await scheduler.yield();
    await promisify(setTimeout)(10);
    let ticks = 0;
    for await (const _ of every(10)) if (++ticks === 2) break;
    const signal = AbortSignal.timeout(20);
    const end = await sleep(1_000, 'waited', { signal }).catch((error) => error.name);
    if (end !== 'AbortError' || !signal.aborted) throw new Error(`ended with ${end}`);
    return answer(await sell(redis));
  });
export const waitsInEveryWay = waiting('waits-in-every-way', take);
export const waitsAndLooks = waiting('waits-and-looks', lookAndTake);

/** Sells a second time what it has, where `seen` is so: a moment that is possible, or is not. */
const sellsTwiceIf = (name, seen, more) =>
  probe(
    name,
    (redis, env) => async () => {
      const sold = await take(redis);
      if (sold && (await seen(redis, env))) await redis.incr(STOCK);
      return answer(sold);
    },
    more,
  );

export const setsADateThatIsPast = sellsTwiceIf('sets-a-date-that-is-past', async (redis, env) => {
  await redis.set(LOCK, 'held', 'PXAT', env.now() - 1);
  return (await redis.exists(LOCK)) === 0;
});
export const setsADateToCome = sellsTwiceIf('sets-a-date-to-come', async (redis, env) => {
  await redis.set(LOCK, 'held', 'PXAT', env.now() + 60_000);
  return (await redis.exists(LOCK)) === 0;
});
const extends500 = async (redis, env, pauseMs) => {
  await redis.set(LOCK, 'held', 'PX', 1_000);
  await env.sleep(pauseMs);
  return (await redis.pexpire(LOCK, 500, 'GT')) === 1;
};
export const extendsWhatIsLeft = sellsTwiceIf('extends-what-is-left', (redis, env) =>
  extends500(redis, env, 600),
);
export const extendsTooEarly = sellsTwiceIf('extends-too-early', (redis, env) => extends500(redis, env, 400));
export const readsAnotherClock = sellsTwiceIf('reads-another-clock', async (_redis, env) => {
  const [seconds, nanos] = process.hrtime();
  await env.sleep(2_000);
  return process.hrtime([seconds, nanos])[0] >= 2;
});
export const endsATimerByItsNumber = sellsTwiceIf('ends-a-timer-by-its-number', async (_redis, env) => {
  let fired = false;
  const timer = setTimeout(() => (fired = true), 100);
  clearTimeout(Number(timer));
  await env.sleep(200);
  return fired;
});
const context = new AsyncLocalStorage();
export const losesItsContext = sellsTwiceIf('loses-its-context', () =>
  context.run('mine', async () => {
    const inTimer = await new Promise((resolve) => setTimeout(() => resolve(context.getStore()), 10));
    const inTurn = await new Promise((resolve) => setImmediate(() => resolve(context.getStore())));
    return inTimer !== 'mine' || inTurn !== 'mine';
  }),
);

/** An interval that has ticked before the first buyer comes makes a process sell in another way. */
const warms = (name, warmly) =>
  probe(name, (redis) => {
    let isWarm = false;
    setInterval(() => (isWarm = true), 1_000).unref();
    return async () => answer(await (isWarm ? warmly(redis) : take(redis)));
  });
export const looksOnceWarm = warms('looks-once-warm', lookAndTake);
export const takesOnceWarm = warms('takes-once-warm', take);

/** Gives up where its client does, although what it sent may have run. */
const trusts = (name, client) =>
  probe(
    name,
    (redis) => async () => {
      try {
        return answer(await take(redis));
      } catch {
        return { kind: 'gave-up', attempts: 1 };
      }
    },
    { client },
  );
export const trustsItsClient = trusts('trusts-its-client', { commandTimeout: 50 });
/** Its client never gives up. */
export const trustsAPatientClient = trusts('trusts-a-patient-client', {});
