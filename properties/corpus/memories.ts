import { randomUUID } from 'node:crypto';
import type { Client, PurchaseOutcome, PurchaseRequest, Sale, Seller } from '../../strategies/contract.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { stockKey } from '../../strategies/keys.ts';
import { mutant, variant, type Mutant } from './parts.ts';
import { reserves } from './reserve.ts';

/** How a request is known again, so that it is not sold twice. */

/** Takes the units, or does not; it remembers nobody. */
async function taken(redis: Client, { sku }: Sale, { quantity }: PurchaseRequest): Promise<boolean> {
  const take = `
    if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 0 end
    redis.call('DECRBY', KEYS[1], ARGV[1]) return 1`;
  return (await redis.eval(take, 1, stockKey(sku), quantity)) === 1;
}

const known = ({ sku }: Sale, { requestId }: PurchaseRequest): string => `{${sku}}:request:${requestId}`;

type Purchase = (redis: Client, sale: Sale, request: PurchaseRequest) => Promise<PurchaseOutcome>;
const remembering = (
  given: Omit<Mutant, 'fixed' | 'seller' | 'summary' | 'connection' | 'open'>,
  purchase: Purchase,
): Mutant =>
  mutant({
    fixed: remembersInTheScript,
    ...given,
    seller: (redis, sale) => ({ purchase: (request) => purchase(redis, sale, request) }),
  });

const ONCE = `
-- KEYS stock, request   ARGV quantity
if redis.call('SET', KEYS[2], 'sold', 'NX', 'GET') then return 'sold' end
if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then
  redis.call('DEL', KEYS[2])
  return 'sold-out'
end
redis.call('DECRBY', KEYS[1], ARGV[1])
return 'sold'`;

export const remembersInTheScript = variant({
  name: 'remembers-in-the-script',
  unlike:
    'a key for each request, set by SET NX in the script that takes the units, and deleted if there are too few',
  holdsIn: ['calm', 'several-units', 'lost-reply', 'script-flush'],
  seller: (redis, sale) => ({
    async purchase(request) {
      const keys = [stockKey(sale.sku), known(sale, request)];
      return { kind: (await redis.eval(ONCE, 2, ...keys, request.quantity)) as 'sold' | 'sold-out' };
    },
  }),
});

export const remembersNobody = remembering(
  {
    name: 'remembers-nobody',
    mistake:
      'cannot know again what the client sends twice, as it does by itself after every broken connection',
    source: 'https://github.com/redis/ioredis/issues/933',
    caught: {
      property: 'double-sale',
      environment: 'restart',
      scope: { buyers: 1, stock: 1, faults: { restart: 1 } },
    },
  },
  async (redis, sale, request) => ({ kind: (await taken(redis, sale, request)) ? 'sold' : 'sold-out' }),
);

export const remembersBeforeItTakes = remembering(
  {
    name: 'remembers-before-it-takes',
    mistake:
      'notes the request by SETNX, dies before it takes the units, and calls the next attempt a repeat',
    source: 'https://github.com/ikyriak/IdempotentAPI/issues/37',
    caught: {
      property: 'oversell',
      environment: 'retry',
      scope: { buyers: 1, stock: 1, faults: { crash: 1, retry: 1 } },
    },
  },
  async (redis, sale, request) => {
    if ((await redis.setnx(known(sale, request), 1)) === 0) return { kind: 'sold' };
    if (await taken(redis, sale, request)) return { kind: 'sold' };
    await redis.del(known(sale, request));
    return { kind: 'sold-out' };
  },
);

export const remembersAfterItTook = remembering(
  {
    name: 'remembers-after-it-took',
    mistake: 'notes the request when its units are taken, in a step of its own, before which it may die',
    source: 'https://github.com/KanishJebaMathewM/Truxify/pull/7627',
    caught: {
      property: 'double-sale',
      environment: 'retry',
      scope: { buyers: 1, stock: 2, faults: { crash: 1, retry: 1 } },
    },
  },
  async (redis, sale, request) => {
    if ((await redis.exists(known(sale, request))) === 1) return { kind: 'sold' };
    if (!(await taken(redis, sale, request))) return { kind: 'sold-out' };
    await redis.set(known(sale, request), 1);
    return { kind: 'sold' };
  },
);

export const looksWhetherItIsKnown = remembering(
  {
    name: 'looks-whether-it-is-known',
    mistake:
      'looks in one step whether the request is known, and takes and notes in another: two at once are both new',
    source: 'https://github.com/ikyriak/IdempotentAPI/issues/23',
    caught: {
      property: 'double-sale',
      environment: 'hostile-input',
      scope: { buyers: 1, stock: 2, instances: 1, faults: { repeat: 1 } },
    },
  },
  async (redis, sale, request) => {
    if ((await redis.exists(known(sale, request))) === 1) return { kind: 'sold' };
    const take = `
      if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 'sold-out' end
      redis.call('DECRBY', KEYS[1], ARGV[1]) redis.call('SET', KEYS[2], 1) return 'sold'`;
    const keys = [stockKey(sale.sku), known(sale, request)];
    return { kind: (await redis.eval(take, 2, ...keys, request.quantity)) as 'sold' | 'sold-out' };
  },
);

export const remembersForAWhile = remembering(
  {
    name: 'remembers-for-a-while',
    mistake: 'lets the memory of a request expire, after which the next attempt is new',
    source: 'http://wptr33.com/post/4956.html',
    caught: {
      property: 'double-sale',
      environment: 'retry',
      scope: {
        buyers: 1,
        stock: 2,
        client: 'no-retry',
        faults: { expire: 1, 'lost-reply': 1, retry: 1 },
      },
    },
  },
  async (redis, sale, request) => {
    const once = ONCE.replace("'NX'", "'NX', 'EX', 10");
    const keys = [stockKey(sale.sku), known(sale, request)];
    return { kind: (await redis.eval(once, 2, ...keys, request.quantity)) as 'sold' | 'sold-out' };
  },
);

export const remembersInTheProcess = mutant({
  name: 'remembers-in-the-process',
  mistake: 'keeps the requests that it sold to in a Map, which dies with the process',
  caught: {
    property: 'double-sale',
    environment: 'retry',
    scope: { buyers: 1, stock: 2, faults: { crash: 1, retry: 1 } },
  },
  fixed: reserves,
  seller(redis, sale) {
    const sold = new Map<string, Promise<PurchaseOutcome>>();
    return {
      async purchase(request) {
        const first =
          sold.get(request.requestId) ??
          taken(redis, sale, request).then((took) => ({ kind: took ? 'sold' : 'sold-out' }) as const);
        sold.set(request.requestId, first);
        return first;
      },
    };
  },
});

/** Sends again by itself what failed, which the client was told not to do. */
const sendingAgain = (
  given: Omit<Mutant, 'seller' | 'summary' | 'connection' | 'open'>,
  again: (seller: Seller, request: PurchaseRequest, redis: Client) => Promise<PurchaseOutcome>,
): Mutant =>
  mutant({
    client: { maxRetriesPerRequest: 0 },
    ...given,
    async seller(redis, sale, env) {
      const seller = await reserves.seller(redis, sale, env);
      return {
        ...seller,
        purchase: (request, lent) => seller.purchase(request, lent).catch(() => again(seller, request, lent)),
      };
    },
  });

export const asksAgainInItsOwnName = variant({
  name: 'asks-again-in-its-own-name',
  unlike: 'after an error the strategy asks again by itself, under the same request id',
  client: { maxRetriesPerRequest: 0 },
  holdsIn: ['calm', 'lost-reply'],
  async seller(redis, sale, env) {
    const seller = await reserves.seller(redis, sale, env);
    return {
      ...seller,
      purchase: (request, lent) => seller.purchase(request, lent).catch(() => seller.purchase(request, lent)),
    };
  },
});

export const asksAgainAsSomebodyElse = sendingAgain(
  {
    name: 'asks-again-as-somebody-else',
    mistake:
      'makes a new request id for each attempt, so that the memory of requests knows none of them again',
    source: 'https://github.com/akash-network/console/pull/3449',
    caught: {
      property: 'double-sale',
      environment: 'lost-reply',
      scope: { buyers: 1, stock: 2, faults: { 'lost-reply': 1 } },
    },
    fixed: asksAgainInItsOwnName,
  },
  (seller, request, lent) => seller.purchase({ ...request, requestId: randomUUID() }, lent),
);

export const sendsAgainOnError = mutant({
  name: 'sends-again-on-error',
  mistake: 'takes an error for proof that nothing was taken, and takes again',
  client: { maxRetriesPerRequest: 0 },
  caught: {
    property: 'double-sale',
    environment: 'lost-reply',
    scope: { buyers: 1, stock: 1, faults: { 'lost-reply': 1 } },
  },
  fixed: asksAgainInItsOwnName,
  async seller(redis, sale, env) {
    const seller = await luaDecrement.seller(redis, sale, env);
    return {
      purchase: (request, lent) => seller.purchase(request, lent).catch(() => seller.purchase(request, lent)),
    };
  },
});
