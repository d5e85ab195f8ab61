import type { PurchaseOutcome, Strategy } from '../../strategies/contract.ts';
import { ledgerKey, stockKey } from '../../strategies/keys.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { mutant, variant, type Mutant } from './parts.ts';
import { reserves } from './reserve.ts';

/** What a buyer is told after an error: the client neither sends again nor knows whether the command ran. */

const client = { maxRetriesPerRequest: 0 } satisfies Strategy['client'];
const ONE_LOST_REPLY = { faults: { 'lost-reply': 1 } };

export const checksWhatBecameOfIt = variant({
  name: 'checks-what-became-of-it',
  unlike: 'after an error it looks into the ledger, and is in doubt only if the sale is not there',
  client,
  holdsIn: ['calm', 'lost-reply'],
  async seller(redis, sale, env) {
    const seller = await reserves.seller(redis, sale, env);
    return {
      ...seller,
      async purchase(request, lent) {
        try {
          return await seller.purchase(request, lent);
        } catch (error) {
          const sales = await seller.recorded!();
          if (sales.some(({ requestId }) => requestId === request.requestId)) return { kind: 'sold' };
          throw error;
        }
      },
    };
  },
});

const answeringErrors = (
  given: Omit<Mutant, 'fixed' | 'seller' | 'summary' | 'connection' | 'open' | 'client'>,
  answer: PurchaseOutcome,
): Mutant =>
  mutant({
    client,
    fixed: checksWhatBecameOfIt,
    ...given,
    async seller(redis, sale, env) {
      const seller = await luaDecrement.seller(redis, sale, env);
      return { purchase: (request, lent) => seller.purchase(request, lent).catch(() => answer) };
    },
  });

export const callsAnErrorSoldOut = answeringErrors(
  {
    name: 'calls-an-error-sold-out',
    mistake: 'catches every error and tells the buyer that nothing is left',
    caught: {
      property: 'false-refusal',
      environment: 'lost-reply',
      scope: { buyers: 1, stock: 1, ...ONE_LOST_REPLY },
    },
  },
  { kind: 'sold-out' },
);

export const callsAnErrorNoEffect = answeringErrors(
  {
    name: 'calls-an-error-no-effect',
    mistake: 'catches every error and says that surely nothing was taken',
    caught: {
      property: 'stranded',
      environment: 'lost-reply',
      scope: { buyers: 1, stock: 1, ...ONE_LOST_REPLY },
    },
  },
  { kind: 'gave-up', attempts: 1 },
);

export const callsAnErrorSold = answeringErrors(
  {
    name: 'calls-an-error-sold',
    mistake: 'hopes that what was sent has worked',
    caught: {
      property: 'oversell',
      environment: 'lost-reply',
      scope: { buyers: 1, stock: 1, ...ONE_LOST_REPLY },
    },
  },
  { kind: 'sold' },
);

export const givesBackOnError = mutant({
  name: 'gives-back-on-error',
  mistake: 'rolls back after an error, as if the units had surely been taken',
  source: 'https://github.com/faratech/bsod-analyzer/issues/77',
  client,
  caught: {
    property: 'oversell',
    environment: 'lost-reply',
    scope: { buyers: 1, stock: 1, faults: { 'lost-request': 1 } },
  },
  fixed: checksWhatBecameOfIt,
  async seller(redis, sale, env) {
    const seller = await luaDecrement.seller(redis, sale, env);
    return {
      async purchase(request, lent) {
        try {
          return await seller.purchase(request, lent);
        } catch (error) {
          await redis.incrby(stockKey(sale.sku), request.quantity);
          throw error;
        }
      },
    };
  },
});

export const looksBackTooEarly = mutant({
  name: 'looks-back-too-early',
  mistake:
    'after an error it looks into the ledger, and says that nothing was taken as long as nothing is there',
  client,
  caught: {
    property: 'false-refusal',
    environment: 'lost-reply',
    scope: { buyers: 1, stock: 1, faults: { 'late-request': 1 } },
  },
  fixed: checksWhatBecameOfIt,
  async seller(redis, sale, env) {
    const seller = await reserves.seller(redis, sale, env);
    return {
      ...seller,
      async purchase(request, lent) {
        try {
          return await seller.purchase(request, lent);
        } catch {
          const sales = await seller.recorded!();
          if (sales.some(({ requestId }) => requestId === request.requestId)) return { kind: 'sold' };
          return { kind: 'gave-up', attempts: 1 };
        }
      },
    };
  },
});

export const takesErrorsOfATransactionForReplies = mutant({
  name: 'takes-errors-of-a-transaction-for-replies',
  mistake: 'looks whether EXEC answered, not whether each of its commands worked',
  connection: 'exclusive',
  caught: {
    property: 'oversell',
    environment: 'hostile-input',
    scope: { buyers: 1, stock: 1, nonsense: 'quantity-fractional' },
  },
  fixed: reserves,
  seller: (_lobby, { sku }, env) => ({
    async purchase({ requestId, quantity }, lent) {
      for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
        await lent.watch(stockKey(sku));
        if (Number(await lent.get(stockKey(sku))) < quantity) {
          await lent.unwatch();
          return { kind: 'sold-out' };
        }
        const sale = lent.multi().decrby(stockKey(sku), quantity).hset(ledgerKey(sku), requestId, quantity);
        if ((await sale.exec()) !== null) return { kind: 'sold' };
      }
      return { kind: 'gave-up', attempts: env.maxAttempts };
    },
  }),
});

export const sellsLessThanNothing = mutant({
  name: 'sells-less-than-nothing',
  mistake: 'does not look at the sign of the quantity: whoever buys minus one puts a unit on sale',
  source: 'https://github.com/juspay/hyperswitch/pull/11491',
  caught: {
    property: 'oversell',
    environment: 'hostile-input',
    scope: { buyers: 1, stock: 1, nonsense: 'quantity-negative' },
  },
  fixed: luaDecrement,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const take = `
        if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 'sold-out' end
        redis.call('DECRBY', KEYS[1], ARGV[1])
        return 'sold'`;
      return { kind: (await redis.eval(take, 1, stockKey(sku), quantity)) as 'sold' | 'sold-out' };
    },
  }),
});

export const sellsHalves = mutant({
  name: 'sells-halves',
  mistake: 'takes any number for a quantity, and Redis to keep halves of a unit (INCRBYFLOAT)',
  caught: {
    property: 'oversell',
    environment: 'hostile-input',
    scope: { buyers: 1, stock: 1, nonsense: 'quantity-fractional' },
  },
  fixed: luaDecrement,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const left = Number(await redis.incrbyfloat(stockKey(sku), -quantity));
      if (left >= 0) return { kind: 'sold', remaining: left };
      await redis.incrbyfloat(stockKey(sku), quantity);
      return { kind: 'sold-out' };
    },
  }),
});

export const trustsItsCaller = mutant({
  name: 'trusts-its-caller',
  mistake: 'sells to a request without a name, which no memory of requests can tell from the next one',
  caught: {
    property: 'oversell',
    environment: 'hostile-input',
    scope: { buyers: 1, stock: 1, nonsense: 'request-id-empty' },
  },
  fixed: luaDecrement,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      if (!Number.isSafeInteger(quantity) || quantity < 1) throw new RangeError('a whole number of units');
      const left = await redis.decrby(stockKey(sku), quantity);
      if (left >= 0) return { kind: 'sold', remaining: left };
      await redis.incrby(stockKey(sku), quantity);
      return { kind: 'sold-out' };
    },
  }),
});
