// What a process does when its client gives up a command: the client of a scope with `timeout`, or one of its own.
import { answer, probe, STOCK } from './parts.mjs';

/** Units out of nothing: so is shown that it came to this. */
const mint = (redis) => redis.incrby(STOCK, 5);

/** Without a script: what a server remembers of those is told to a search alone. */
const take = async (redis) => (await redis.decr(STOCK)) >= 0;

/** Looks and takes in one batch, of which the whole may time out, or the first command alone. */
const inABatch = (name, isWrong) =>
  probe(name, (redis) => async () => {
    const [[first], [second, taken]] = await redis.pipeline().get('{item}:price').decr(STOCK).exec();
    if (isWrong(first !== null, second !== null)) await mint(redis);
    if (second) throw second;
    return answer(taken >= 0);
  });
export const fearsAPart = inABatch('fears-a-part', (first, second) => first && !second);
export const fearsTheWhole = inABatch('fears-the-whole', (first, second) => first && second);
export const fearsTheRest = inABatch('fears-the-rest', (first, second) => !first && second);
export const takesInABatch = inABatch('takes-in-a-batch', () => false);

/** Of two commands that wait, the second never times out before the first. */
export const fearsDisorder = probe('fears-disorder', (redis) => async () => {
  let heard = false;
  const first = redis.get('{item}:price').finally(() => (heard = true));
  const second = take(redis).catch(async (error) => {
    if (!heard) await mint(redis);
    throw error;
  });
  await first.catch(() => {});
  return answer(await second);
});

/** So many purchases of one process fail at once. */
const countsFailures = (name, most) =>
  probe(name, (redis) => {
    let failures = 0;
    return async () => {
      try {
        return answer(await take(redis));
      } catch (error) {
        if (++failures === most) await mint(redis);
        throw error;
      }
    };
  });
export const bearsOneFailure = countsFailures('bears-one-failure', 2);
export const bearsTwoFailures = countsFailures('bears-two-failures', 3);

/** What it reads to start may not come. */
const starts = (name, onError) =>
  probe(name, async (redis) => {
    await redis.get('{item}:price').catch((error) => onError(redis, error));
    return async () => answer(await take(redis));
  });
export const startsCarelessly = starts('starts-carelessly', mint);
export const startsOrNot = starts('starts-or-not', (_redis, error) => {
  throw error;
});

/** The reply to what timed out is nobody's: the next command hears its own. */
const listens = (name, isWrong) =>
  probe(name, (redis) => async () => {
    await redis.set('{item}:price', '7');
    const price = await redis.get('{item}:price').catch(() => 'unknown');
    const echo = await redis.echo('mine');
    if (isWrong(price, echo)) await mint(redis);
    return answer(await take(redis));
  });
export const hearsItsOwnReply = listens('hears-its-own-reply', (_price, echo) => echo !== 'mine');
export const hearsNoReply = listens('hears-no-reply', (price) => price === 'unknown');

/** Whether its connection is down when a command times out. */
const looksAtItsConnection = (name, isWrong) =>
  probe(name, (redis) => async () => {
    try {
      return answer(await take(redis));
    } catch (error) {
      if (isWrong(redis.status)) await mint(redis);
      throw error;
    }
  });
export const fearsABrokenConnection = looksAtItsConnection(
  'fears-a-broken-connection',
  (status) => status !== 'ready',
);

/** Asks again as if nothing had happened. */
export const asksBlindly = probe('asks-blindly', (redis) => async () => {
  return answer(await take(redis).catch(() => take(redis)));
});

const ONCE = `if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return 2 end
if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECR', KEYS[1]) redis.call('SADD', KEYS[2], ARGV[1]) return 1`;
/** Asks again, and is told that its user has a unit, without a ledger to look into. */
export const asksOnce = probe('asks-once', (redis) => async ({ userId }) => {
  const ask = () => redis.eval(ONCE, 2, STOCK, '{item}:users', userId);
  const told = await ask().catch(ask);
  return told === 2 ? { kind: 'already-yours' } : answer(told === 1);
});
