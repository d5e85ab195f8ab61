// Chance: names that are only names, names that are compared, and draws that decide.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { answer, lookAndTake, probe, STOCK, take } from './parts.mjs';

const ORDERS = '{item}:orders';
const recorded = (redis) => async () =>
  Object.values(await redis.hgetall(ORDERS)).map((text) => JSON.parse(text));

/** Writes a name that is never read. */
const writesAName = (name, draw, sell) =>
  probe(name, (redis) => async () => {
    const sold = await sell(redis);
    if (sold) await redis.set(`{item}:trace:${draw()}`, 1);
    return answer(sold);
  });
export const tracesByUuid = writesAName('traces-by-uuid', randomUUID, take);
export const tracesByGlobalUuid = writesAName('traces-by-global-uuid', () => crypto.randomUUID(), take);
export const tracesByBytes = writesAName('traces-by-bytes', () => randomBytes(12).toString('hex'), take);
export const tracesByBase64 = writesAName('traces-by-base64', () => randomBytes(12).toString('base64'), take);
export const tracesByBase64url = writesAName(
  'traces-by-base64url',
  () => randomBytes(12).toString('base64url'),
  take,
);
export const tracesAndLooks = writesAName('traces-and-looks', randomUUID, lookAndTake);

/** Orders under an id of their own. */
const numbersOrders = (name, sell, draw = randomUUID) =>
  probe(name, (redis) => ({
    async purchase({ requestId, userId, quantity }) {
      const sold = await sell(redis);
      if (sold) await redis.hset(ORDERS, draw(), JSON.stringify({ requestId, userId, quantity }));
      return answer(sold);
    },
    recorded: recorded(redis),
  }));
export const ordersByUuid = numbersOrders('orders-by-uuid', take);
export const ordersByUuidAndLooks = numbersOrders('orders-by-uuid-and-looks', lookAndTake);

const LOCK = '{item}:lock';
const COMPARED = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;
/** A lock with a token; whoever does not get it asks a few times more. */
const locks = (name, release, draw = () => randomBytes(16).toString('base64')) =>
  probe(name, (redis, env) => async () => {
    const token = draw();
    for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
      if ((await redis.setnx(LOCK, token)) === 1) {
        const sold = await lookAndTake(redis);
        await release(redis, token);
        return answer(sold);
      }
      await release(redis, token);
    }
    return { kind: 'gave-up', attempts: env.maxAttempts };
  });
export const comparesItsToken = locks('compares-its-token', (redis, token) =>
  redis.eval(COMPARED, 1, LOCK, token),
);
export const comparesNothing = locks('compares-nothing', (redis) => redis.del(LOCK));

const LETTERS = 'ModuleSymbhasOwnPr0123456789ABCDEFGHNRVfgctiUvz_KqYTJkLxpZXIjQW-';
let pool;
/** A name in letters of its own, of a part of a pool of bytes, as packages for short names make them. */
const inLetters = (size) => {
  if (!pool || pool.length < size) pool = randomBytes(size * 16);
  const bytes = pool.subarray(0, size);
  pool = pool.subarray(size);
  return Array.from(bytes, (byte) => LETTERS[byte & 63]).join('');
};
/** The same of 36 letters: bytes that are too high are thrown away. */
const inFewLetters = (size) => {
  let name = '';
  while (name.length < size)
    for (const byte of randomBytes(size)) if ((byte & 63) < 36) name += (byte & 63).toString(36);
  return name.slice(0, size);
};
export const ordersInLetters = numbersOrders('orders-in-letters', take, () => inLetters(21));
export const ordersInLettersAndLooks = numbersOrders('orders-in-letters-and-looks', lookAndTake, () =>
  inLetters(21),
);
export const comparesInLetters = locks(
  'compares-in-letters',
  (redis, token) => redis.eval(COMPARED, 1, LOCK, token),
  () => inLetters(21),
);
export const comparesInFewLetters = locks(
  'compares-in-few-letters',
  (redis, token) => redis.eval(COMPARED, 1, LOCK, token),
  () => `${inFewLetters(24)}:${inLetters(12)}`,
);
/** So few letters that two may draw the same. */
export const ordersInFourLetters = numbersOrders('orders-in-four-letters', take, () =>
  inLetters(21).slice(0, 4),
);
export const byALetter = probe(
  'by-a-letter',
  (redis) => async () => answer(await (inLetters(21).startsWith('M') ? lookAndTake(redis) : take(redis))),
);
export const lowestInLetters = probe('lowest-in-letters', (redis) => async () => {
  const token = inLetters(21);
  await redis.zadd('{item}:tokens', 0, token);
  const [lowest] = await redis.zrange('{item}:tokens', 0, 0);
  return answer(await (lowest === token ? take(redis) : lookAndTake(redis)));
});

/** Tokens in a sorted set: under one score, their order decides who may take without a look. */
export const lowestToken = probe('lowest-token', (redis) => async () => {
  const token = randomUUID();
  await redis.zadd('{item}:tokens', 0, token);
  const [lowest] = await redis.zrange('{item}:tokens', 0, 0);
  return answer(await (lowest === token ? take(redis) : lookAndTake(redis)));
});
/** The same, compared in the process. */
export const higherThanTheLast = probe('higher-than-the-last', (redis) => async () => {
  const token = randomUUID();
  const last = await redis.getset('{item}:last', token);
  return answer(await (last !== null && last > token ? lookAndTake(redis) : take(redis)));
});
/** One digit of the name decides. */
export const byALetterOfItsName = probe(
  'by-a-letter-of-its-name',
  (redis) => async () => answer(await (randomUUID().startsWith('c') ? lookAndTake(redis) : take(redis))),
);
/** A name as long as its first digit says, whose beginning decides in one of 256 draws. */
export const asLongAsItSays = probe('as-long-as-it-says', (redis) => async () => {
  const name = randomBytes(16).toString('hex');
  await redis.set(`{item}:asked:${name.padEnd(32 + Number(`0x${name[0]}`), 'g')}`, 1);
  return answer(await (name.startsWith('c7') ? lookAndTake(redis) : take(redis)));
});

/** Once in `one` draws it does not look whether there is anything left. */
const forgetsToLook = (name, forgets) =>
  probe(name, (redis, env) => async () => {
    if (!forgets(env)) return answer(await take(redis));
    await redis.decr(STOCK);
    return answer(true);
  });
export const byMathRandom = forgetsToLook('by-math-random', () => Math.random() < 0.1);
export const byRandomInt = forgetsToLook('by-random-int', () => randomInt(10) === 7);
export const byEnvRandom = forgetsToLook('by-env-random', (env) => env.random() > 0.9);
export const byOneByte = forgetsToLook('by-one-byte', () => randomBytes(1)[0] < 26);
/** Draws, and does the same whatever came out. */
export const drawsForNothing = forgetsToLook('draws-for-nothing', () => Math.random() < 0);
