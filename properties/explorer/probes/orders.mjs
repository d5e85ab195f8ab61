// Sets and hashes: Redis promises no order of what they hold.
import { answer, lookAndTake, probe, take } from './parts.mjs';

const FRIENDS = '{item}:friends';
/** Opens a sale beside a set, or a hash, of so many names. */
const beside = (name, names, make) =>
  probe(name, make, {
    async open(redis, sale) {
      await redis.set('{item}:stock', sale.stock);
      await redis.sadd(`${FRIENDS}:set`, ...names);
      await redis.hset(FRIENDS, Object.fromEntries(names.map((one, i) => [one, i])));
    },
  });
const FEW = ['ann', 'ben', 'cid'];
const MANY = ['ann', 'ben', 'cid', 'dan', 'eve'];

/** Looks, and does not take at once, if the name that comes first is not the one that came first here. */
const firstDecides = (name, list, names = FEW) =>
  beside(name, names, (redis) => async () => {
    const [first] = await list(redis);
    return answer(await (first === 'ann' ? take(redis) : lookAndTake(redis)));
  });
export const firstOfASet = firstDecides('first-of-a-set', (redis) => redis.smembers(`${FRIENDS}:set`));
/** The same of a set that is gone once anything was sold: nobody lists it at rest. */
export const firstWhileItLasts = firstDecides('first-while-it-lasts', async (redis) => {
  const names = await redis.smembers(`${FRIENDS}:set`);
  await redis.del(`${FRIENDS}:set`);
  return names.length > 0 ? names : ['ann'];
});
export const firstOfFields = firstDecides('first-of-fields', (redis) => redis.hkeys(FRIENDS));
export const firstOfAHash = firstDecides('first-of-a-hash', async (redis) =>
  Object.keys(await redis.hgetall(FRIENDS)),
);
export const firstOfAScan = firstDecides(
  'first-of-a-scan',
  async (redis) => (await redis.sscan(`${FRIENDS}:set`, 0))[1],
);
export const firstOfATransaction = firstDecides('first-of-a-transaction', async (redis) => {
  const [[, names]] = await redis.multi().hkeys(FRIENDS).exec();
  return names;
});
export const firstOfMany = firstDecides('first-of-many', (redis) => redis.smembers(`${FRIENDS}:set`), MANY);

/** The same, of names that the code has sorted. */
const firstSorted = (name, list, names = FEW) =>
  firstDecides(name, async (redis) => (await list(redis)).toSorted(), names);
export const sortsASet = firstSorted('sorts-a-set', (redis) => redis.smembers(`${FRIENDS}:set`));
export const sortsMany = firstSorted('sorts-many', (redis) => redis.smembers(`${FRIENDS}:set`), MANY);
export const sortsFields = firstSorted('sorts-fields', (redis) => redis.hkeys(FRIENDS));
export const sortsAHash = firstSorted('sorts-a-hash', async (redis) =>
  Object.keys(await redis.hgetall(FRIENDS)),
);

/** Fields and values of one transaction belong together, in whatever order; `ben` has 1, and the first of them 0. */
const zips = (name, names) =>
  beside(name, names, (redis) => async () => {
    const [[, fields], [, values]] = await redis.multi().hkeys(FRIENDS).hvals(FRIENDS).exec();
    const right = ['ben', names[0]].every(
      (one) => values[fields.indexOf(one)] === String(names.indexOf(one)),
    );
    return answer(await (right ? take(redis) : lookAndTake(redis)));
  });
export const zipsFieldsAndValues = zips('zips-fields-and-values', FEW);
export const zipsThemBackwards = zips('zips-them-backwards', FEW.toReversed());

export const scansInPages = beside('scans-in-pages', FEW, (redis) => async () => {
  await redis.scan(0, 'COUNT', 1);
  return answer(await take(redis));
});

/** The same inside a script. */
const TAKE = `if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1`;
const inAScript = (name, list, names = FEW) =>
  beside(name, names, (redis) => async () => {
    const script = `local names = ${list} redis.call('SET', KEYS[4], names[1]) ${TAKE}`;
    const keys = ['{item}:stock', `${FRIENDS}:set`, FRIENDS, '{item}:first'];
    return answer((await redis.eval(script, keys.length, ...keys)) === 1);
  });
export const firstInAScript = inAScript('first-in-a-script', `redis.call('SMEMBERS', KEYS[2])`);
export const fieldInAScript = inAScript('field-in-a-script', `redis.pcall('hkeys', KEYS[3])`);
export const manyInAScript = inAScript('many-in-a-script', `redis.call('SMEMBERS', KEYS[2])`, MANY);
export const scanInAScript = inAScript('scan-in-a-script', `redis.call('SSCAN', KEYS[2], 0)[2]`);
export const sortsInAScript = inAScript(
  'sorts-in-a-script',
  `redis.call('SMEMBERS', KEYS[2]) table.sort(names)`,
);
export const countsInAScript = inAScript('counts-in-a-script', `{#redis.call('HGETALL', KEYS[3])}`);

/** And inside a function. */
const LIBRARY = (list) => `#!lua name=friends
redis.register_function('sell', function(KEYS) local names = ${list} redis.call('SET', KEYS[3], names[1]) ${TAKE} end)`;
const inAFunction = (name, list) =>
  probe(
    name,
    (redis) => async () =>
      answer((await redis.fcall('sell', 3, '{item}:stock', `${FRIENDS}:set`, '{item}:first')) === 1),
    {
      async open(redis, sale) {
        await redis.function('LOAD', 'REPLACE', LIBRARY(list));
        await redis.set('{item}:stock', sale.stock);
        await redis.sadd(`${FRIENDS}:set`, ...FEW);
      },
    },
  );
export const firstInAFunction = inAFunction('first-in-a-function', `redis.call('SMEMBERS', KEYS[2])`);
export const sortsInAFunction = inAFunction(
  'sorts-in-a-function',
  `redis.call('SMEMBERS', KEYS[2]) table.sort(names)`,
);
