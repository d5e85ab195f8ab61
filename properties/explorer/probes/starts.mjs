// How a process starts and ends, and what it is doing meanwhile.
import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { answer, lease, lookAndTake, probe, STOCK, take } from './parts.mjs';

/** Nobody puts the stock on sale but the processes that start. */
const putsOnSale = (name, put) =>
  probe(
    name,
    async (redis, _env, sale) => {
      await put(redis, sale.stock);
      return async () => answer(await take(redis));
    },
    { open: async () => {} },
  );
export const ifThereIsNone = putsOnSale('if-there-is-none', async (redis, stock) => {
  if ((await redis.exists(STOCK)) === 0) await redis.set(STOCK, stock);
});
export const onceForAll = putsOnSale('once-for-all', (redis, stock) => redis.setnx(STOCK, stock));

/** Each process counts itself; one that starts after the first two, in place of another, looks after the stock. */
const recovers = (name, recover) =>
  probe(name, async (redis) => {
    if ((await redis.incr('{item}:starts')) > 2) await recover(redis);
    return async () => answer(await take(redis));
  });
export const writesBackWhatItRead = recovers('writes-back-what-it-read', async (redis) => {
  await redis.set(STOCK, await redis.get(STOCK));
});
export const onlyReads = recovers('only-reads', (redis) => redis.get(STOCK));

/** Counts sales with a command that nobody waits for, and whose failure nobody catches. */
const countsUnwatched = (name, sell) =>
  probe(name, (redis) => async () => {
    const sold = await sell(redis);
    void redis.incr('{item}:metric');
    return answer(sold);
  });
export const countsAndLooks = countsUnwatched('counts-and-looks', lookAndTake);
export const countsAndTakes = countsUnwatched('counts-and-takes', take);

/** After it took a unit, it may turn out that the order is not placed: then the unit goes back, or twice. */
const mayTakeBack = (name, units) =>
  probe(name, (redis, env) => async () => {
    if (!(await take(redis))) return answer(false);
    if (env.pick(2) === 0) return answer(true);
    await redis.incrby(STOCK, units);
    return { kind: 'gave-up', attempts: 1 };
  });
export const takesBackTwo = mayTakeBack('takes-back-two', 2);
export const takesBackOne = mayTakeBack('takes-back-one', 1);

const data = new TextEncoder().encode('order');
const digest = () => crypto.subtle.digest('SHA-256', data);
const sign = async () => {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.generateKey(hmac, false, ['sign']);
  return crypto.subtle.sign('HMAC', key, data);
};
/** Does work of the machine's own before its first command. */
const worksFirst = (name, work, sell) =>
  probe(name, (redis) => async () => {
    await work();
    return answer(await sell(redis));
  });
export const digestsAndLooks = worksFirst('digests-and-looks', digest, lookAndTake);
export const digestsAndTakes = worksFirst('digests-and-takes', digest, take);
export const signsAndLooks = worksFirst('signs-and-looks', sign, lookAndTake);
export const signsAndTakes = worksFirst('signs-and-takes', sign, take);

const derive = () => promisify(scrypt)('order', 'salt', 8, { N: 2 });
/** Remembers whether it has sold its only unit, before or after the machine works for it. */
const remembers = (name, work, isLate) =>
  probe(name, (redis) => {
    let isSold = false;
    return async () => {
      if (isSold) return answer(false);
      isSold = !isLate;
      if (Number(await redis.get(STOCK)) < 1) return answer(false);
      await work();
      isSold = true;
      await redis.decr(STOCK);
      return answer(true);
    };
  });
export const digestsBeforeItRemembers = remembers('digests-before-it-remembers', digest, true);
export const remembersBeforeItDigests = remembers('remembers-before-it-digests', digest, false);
export const derivesBeforeItRemembers = remembers('derives-before-it-remembers', derive, true);
export const remembersBeforeItDerives = remembers('remembers-before-it-derives', derive, false);

/** Where work takes longer than it allows for, it puts a unit on sale. */
const timesOut = (name, late) =>
  probe(name, (redis, env) => async () => {
    const worked = await Promise.race([digest(), ...late(env)]);
    if (worked === undefined) await redis.incr(STOCK);
    return answer(await take(redis));
  });
export const isOvertakenByATimeout = timesOut('is-overtaken-by-a-timeout', (env) => [env.sleep(5_000)]);
export const timesNothingOut = timesOut('times-nothing-out', () => []);

/** Relies on a client that does not send again; a lost reply then leaves an unknown answer instead of a second DECR. */
export const wantsNoResend = probe(
  'wants-no-resend',
  (redis) => async () => answer(Number(await redis.decr(STOCK)) >= 0),
  { client: { autoResendUnfulfilledCommands: false } },
);

/** Units in memory, and a digest between look and take; or before both. */
const digestsInMemory = (name, looksFirst) =>
  probe(name, async (redis) => {
    const { leased, close } = await lease(redis);
    return {
      close,
      async purchase() {
        if (looksFirst && leased.units < 1) return answer(false);
        await digest();
        if (!looksFirst && leased.units < 1) return answer(false);
        leased.units--;
        return answer(true);
      },
    };
  });
export const looksThenDigests = digestsInMemory('looks-then-digests', true);
export const digestsThenLooks = digestsInMemory('digests-then-looks', false);

/** Asks for a flag when it starts, and serves before it is there; what it does once it is, is `then`. */
const asksWhenItStarts = (name, then) =>
  probe(name, (redis) => {
    let told = false;
    void redis.get('{item}:flag').then(() => (told = true));
    return async () => answer(await (told ? then(redis) : take(redis)));
  });
export const looksOnceTold = asksWhenItStarts('looks-once-told', lookAndTake);
export const takesOnceTold = asksWhenItStarts('takes-once-told', take);
