// Who is who: processes that learn names of others, or choose by what a name looks like.
import { createHash } from 'node:crypto';
import { answer, lookAndTake, probe, STOCK, take } from './parts.mjs';

const ORDERS = '{item}:orders';
const orders = (redis) => async () =>
  Object.entries(await redis.hgetall(ORDERS)).map(([requestId, userId]) => ({
    requestId,
    userId,
    quantity: 1,
  }));

/** The buyer who finds nothing left looks up who came first, and what it does about it is `about`. */
const learnsWhoWasFirst = (name, about) =>
  probe(name, (redis) => ({
    async purchase({ requestId, userId }) {
      if (await take(redis)) {
        await redis.hset(ORDERS, requestId, userId);
        await redis.set('{item}:first', requestId, 'NX');
        return answer(true);
      }
      const first = await redis.get('{item}:first');
      if (first !== null) await about(redis, first);
      return answer(false);
    },
    recorded: orders(redis),
  }));

export const strikesTheFirst = learnsWhoWasFirst('strikes-the-first', (redis, first) =>
  redis.hdel(ORDERS, first),
);
export const thanksTheFirst = learnsWhoWasFirst('thanks-the-first', (redis, first) =>
  redis.sadd('{item}:thanked', first),
);

/** Of the users whom the explorer knows, B and C are let in; A, who stands in for all while they are interchangeable, is not. */
const isLetIn = (userId) => createHash('sha256').update(`rollout-8 ${userId}`).digest()[0] % 2 === 0;

const choosesByHash = (name, other) =>
  probe(
    name,
    (redis) =>
      async ({ userId }) =>
        answer(await (isLetIn(userId) ? other(redis) : take(redis))),
  );

export const someLookAndTake = choosesByHash('some-look-and-take', lookAndTake);
export const someTakeElsewhere = choosesByHash('some-take-elsewhere', async (redis) => {
  await redis.get('{item}:price');
  return take(redis);
});

const LINE = '{item}:line';
/** Takes the first out of the line; tells whether it is the one that asks. */
const FIRST = `local first = redis.call('ZPOPMIN', KEYS[1]) return first[1] == ARGV[1] and 1 or 0`;
/** Removes the one that asks, whoever else stands there. */
const OWN = `return redis.call('ZREM', KEYS[1], ARGV[1])`;

/** Buyers stand in line under one score, so that only their names say who is first. */
const standsInLine = (name, script) =>
  probe(name, (redis) => async ({ requestId }) => {
    await redis.zadd(LINE, 0, requestId);
    await redis.get('{item}:price');
    return answer((await redis.eval(script, 1, LINE, requestId)) === 1 && (await redis.decr(STOCK)) >= 0);
  });

export const firstByName = standsInLine('first-by-name', FIRST);
export const eachItself = standsInLine('each-itself', OWN);
