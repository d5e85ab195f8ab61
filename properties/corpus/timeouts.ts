import type { PurchaseOutcome, PurchaseRequest, Seller } from '../../strategies/contract.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { mutant, variant } from './parts.ts';
import { reserves } from './reserve.ts';

/** What a buyer is told after the client gave up a command, which has run or runs later. */

const ONE_TIMEOUT = { faults: { timeout: 1 } };

const hasTimedOut = (error: unknown): boolean => error instanceof Error && /timed out/.test(error.message);

/** What the purchase answers, or what is done about its timeout. */
const unlessTimedOut = (
  bought: Promise<PurchaseOutcome>,
  otherwise: () => PurchaseOutcome | Promise<PurchaseOutcome>,
): Promise<PurchaseOutcome> =>
  bought.catch((error: unknown) => {
    if (!hasTimedOut(error)) throw error;
    return otherwise();
  });

/** @param seller over the connection on which it looks */
const asRecorded = async (
  { recorded }: Pick<Seller, 'recorded'>,
  { requestId }: PurchaseRequest,
): Promise<PurchaseOutcome> => {
  const sales = (await recorded?.()) ?? [];
  return { kind: sales.some((sale) => sale.requestId === requestId) ? 'sold' : 'sold-out' };
};

export const asksAgainByItsRequest = variant({
  name: 'asks-again-by-its-request',
  unlike: 'sends once more what timed out, to a script that remembers the request',
  holdsIn: ['calm', 'lost-reply', 'timeout'],
  async seller(redis, sale, env) {
    const seller = await reserves.seller(redis, sale, env);
    const ask: Seller['purchase'] = (request, lent) => seller.purchase(request, lent);
    return {
      ...seller,
      purchase: (request, lent) => unlessTimedOut(ask(request, lent), () => ask(request, lent)),
    };
  },
});

export const looksBackOnItsConnection = variant({
  name: 'looks-back-on-its-connection',
  unlike: 'looks into the ledger after a timeout, by a command that runs after the one that timed out',
  connection: 'exclusive',
  holdsIn: ['calm', 'timeout'],
  async seller(lobby, sale, env) {
    return {
      ...(await reserves.seller(lobby, sale, env)),
      async purchase(request, lent) {
        const own = await reserves.seller(lent, sale, env);
        return unlessTimedOut(own.purchase(request, lent), () => asRecorded(own, request));
      },
    };
  },
});

export const looksBackOnAnotherConnection = mutant({
  name: 'looks-back-on-another-connection',
  mistake: 'looks into the ledger after a timeout by a command that overtakes the one that timed out',
  connection: 'exclusive',
  caught: {
    property: 'false-refusal',
    environment: 'timeout',
    scope: { buyers: 1, stock: 1, ...ONE_TIMEOUT },
  },
  fixed: looksBackOnItsConnection,
  async seller(lobby, sale, env) {
    const office = await reserves.seller(lobby, sale, env);
    return {
      ...office,
      async purchase(request, lent) {
        const own = await reserves.seller(lent, sale, env);
        return unlessTimedOut(own.purchase(request, lent), () => asRecorded(office, request));
      },
    };
  },
});

export const sendsAgainWhatTimedOut = mutant({
  name: 'sends-again-what-timed-out',
  mistake: 'takes a timeout for a command that has not run, and sends it again',
  source: 'https://github.com/redis/redis-py/issues/261',
  // Else what its client sends again by itself is sold twice, too, whatever it makes of a timeout.
  client: { maxRetriesPerRequest: 0 },
  caught: {
    property: 'double-sale',
    environment: 'timeout',
    scope: { buyers: 1, stock: 1, ...ONE_TIMEOUT },
  },
  fixed: asksAgainByItsRequest,
  async seller(redis, sale, env) {
    const seller = await luaDecrement.seller(redis, sale, env);
    const ask: Seller['purchase'] = (request, lent) => seller.purchase(request, lent);
    return { purchase: (request, lent) => unlessTimedOut(ask(request, lent), () => ask(request, lent)) };
  },
});

export const takesATimeoutForNothing = mutant({
  name: 'takes-a-timeout-for-nothing',
  mistake: 'tells the buyer to try again later when a command times out, as if it were never to run',
  source: 'https://github.com/redis/hiredis/issues/749',
  caught: {
    property: 'false-refusal',
    environment: 'timeout',
    scope: { buyers: 1, stock: 1, ...ONE_TIMEOUT },
  },
  fixed: asksAgainByItsRequest,
  async seller(redis, sale, env) {
    const seller = await reserves.seller(redis, sale, env);
    return {
      ...seller,
      purchase: (request, lent) =>
        unlessTimedOut(seller.purchase(request, lent), () => ({ kind: 'gave-up', attempts: 1 })),
    };
  },
});

/** One purchase after the other, by a chain of promises; `onward` is what the next one waits for. */
const oneByOne =
  (onward: (own: Promise<PurchaseOutcome>) => Promise<unknown>): Parameters<typeof variant>[0]['seller'] =>
  async (redis, sale, env) => {
    const seller = await reserves.seller(redis, sale, env);
    let chain: Promise<unknown> = Promise.resolve();
    return {
      ...seller,
      purchase(request, lent) {
        const own = chain.then(() => seller.purchase(request, lent));
        chain = onward(own);
        return own;
      },
    };
  };

export const waitsForThoseBefore = variant({
  name: 'waits-for-those-before',
  unlike: 'one purchase after the other in each process, whatever became of those before',
  holdsIn: ['calm', 'buyer-crash', 'lost-reply', 'timeout', 'retry'],
  seller: oneByOne((own) => own.catch(() => {})),
});

export const failsWithThoseBefore = mutant({
  name: 'fails-with-those-before',
  mistake: 'a purchase waits for the one before by its promise: once one has failed, so do all after it',
  caught: {
    property: 'progress',
    environment: 'retry',
    scope: { buyers: 1, stock: 2, client: 'no-retry', faults: { 'lost-reply': 1 } },
  },
  fixed: waitsForThoseBefore,
  seller: oneByOne((own) => own),
});
