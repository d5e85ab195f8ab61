import type { RecordedSale, Seller } from '../../strategies/contract.ts';
import { DefiniteError } from '../../strategies/errors.ts';
import { ledgerKey, stockKey } from '../../strategies/keys.ts';
import { changed, mutant, variant } from './parts.ts';

/** Selling in two steps: a purchase holds units for a while, and whoever pays confirms. */

const HOLD_MS = 60_000;
type Selling = Parameters<typeof variant>[0]['seller'];

const HOLD = `
-- KEYS stock, ledger, holds (request -> units), deadlines   ARGV request, quantity, now, end of the hold
for _, late in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', ARGV[3])) do
  redis.call('INCRBY', KEYS[1], redis.call('HGET', KEYS[3], late) or 0)
  redis.call('HDEL', KEYS[3], late)
  redis.call('ZREM', KEYS[4], late)
end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) + redis.call('HEXISTS', KEYS[3], ARGV[1]) > 0 then return 1 end
if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[2]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[4], ARGV[4], ARGV[1])
return 1`;
const CONFIRM = `
-- KEYS as above   ARGV request, order
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 1 end
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1`;

interface Scripts {
  hold?: string;
  confirm?: string;
}

const tooLate = (): DefiniteError => new DefiniteError('TOO_LATE', 'the hold has run out: refund the buyer');
const keysOf = (sku: string): string[] => [
  stockKey(sku),
  ledgerKey(sku),
  `{${sku}}:holds`,
  `{${sku}}:deadlines`,
];

const paying =
  ({ hold = HOLD, confirm = CONFIRM }: Scripts): Selling =>
  (redis, { sku }, env) => {
    const keys = keysOf(sku);
    const run = (script: string, ...args: (string | number)[]): Promise<unknown> =>
      redis.eval(script, keys.length, ...keys, ...args);
    return {
      async purchase({ requestId, quantity }) {
        const now = env.now();
        const answer = await run(hold, requestId, quantity, now, now + HOLD_MS);
        return { kind: answer === 1 ? 'sold' : 'sold-out' };
      },
      async confirm(request) {
        if ((await run(confirm, request.requestId, JSON.stringify(request))) !== 1) throw tooLate();
      },
      async recorded() {
        return (await redis.hvals(keys[1]!)).map((order) => JSON.parse(order) as RecordedSale);
      },
    };
  };

export const holdsUntilPaid = variant({
  name: 'holds-until-paid',
  unlike: 'a purchase only holds; the next one returns what ran out; who pays too late is told so for sure',
  holdsIn: ['calm', 'buyer-crash', 'lost-reply', 'script-flush'],
  seller: paying({}),
});

export const confirmsAnothersHold = mutant({
  name: 'confirms-anothers-hold',
  mistake: 'confirms whichever hold is the oldest, and tells whoever asked that it was theirs',
  caught: { property: 'lost-sale', environment: 'calm', scope: { buyers: 2, stock: 1, confirms: 1 } },
  fixed: holdsUntilPaid,
  seller: paying({
    confirm: changed(
      CONFIRM,
      "if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then return 0 end\nredis.call('HDEL', KEYS[3], ARGV[1])\nredis.call('ZREM', KEYS[4], ARGV[1])\nredis.call('HSET', KEYS[2], ARGV[1], ARGV[2])",
      `local oldest = redis.call('ZRANGE', KEYS[4], 0, 0)[1]
if not oldest then return 0 end
local units = redis.call('HGET', KEYS[3], oldest)
redis.call('HDEL', KEYS[3], oldest)
redis.call('ZREM', KEYS[4], oldest)
redis.call('HSET', KEYS[2], oldest, cjson.encode({ requestId = oldest, userId = 'user' .. string.sub(oldest, 8), quantity = tonumber(units) }))`,
    ),
  }),
});

export const confirmsWhatRanOut = mutant({
  name: 'confirms-what-ran-out',
  mistake: 'sells for good whatever was held once, without a look at whether its units were sold to another',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1, confirms: 1 } },
  fixed: holdsUntilPaid,
  seller: paying({
    confirm: changed(CONFIRM, "if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then return 0 end\n", ''),
  }),
});

export const holdsForAll = mutant({
  name: 'holds-for-all',
  mistake: 'holds units without a look at how many there are',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 1, stock: 0, confirms: 1 } },
  fixed: holdsUntilPaid,
  seller: paying({
    hold: changed(
      HOLD,
      "if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[2]) then return 0 end\n",
      '',
    ),
  }),
});

export const takesWhenPaid = mutant({
  name: 'takes-when-paid',
  mistake: 'a confirm that is sent twice takes its units a second time',
  caught: { property: 'stranded', environment: 'calm', scope: { buyers: 1, stock: 2, confirms: 2 } },
  fixed: holdsUntilPaid,
  seller: paying({
    confirm: changed(
      CONFIRM,
      "if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 1 end\n",
      "if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then redis.call('DECR', KEYS[1]) return 1 end\n",
    ),
  }),
});

export const confirmsOnce = mutant({
  name: 'confirms-once',
  mistake: 'tells a buyer who pays twice that it is too late, although the first payment was taken',
  caught: { property: 'false-refusal', environment: 'calm', scope: { buyers: 1, stock: 1, confirms: 2 } },
  fixed: holdsUntilPaid,
  seller: paying({
    confirm: changed(CONFIRM, "if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 1 end\n", ''),
  }),
});

export const refusesWhatIsHeld = mutant({
  name: 'refuses-what-is-held',
  mistake: 'compares the deadline in milliseconds with a moment in seconds, so that each confirm is too late',
  caught: { property: 'false-refusal', environment: 'calm', scope: { buyers: 1, stock: 1, confirms: 1 } },
  fixed: holdsUntilPaid,
  seller: paying({
    confirm: changed(
      CONFIRM,
      "redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then return 0 end",
      "tonumber(redis.call('ZSCORE', KEYS[4], ARGV[1]) or 0) > 1000000000 then return 0 end",
    ),
  }),
});

export const remembersHoldsInMemory = mutant({
  name: 'remembers-holds-in-memory',
  mistake: 'the process that sold remembers the hold; a payment that comes to another process is too late',
  caught: { property: 'false-refusal', environment: 'calm', scope: { buyers: 1, stock: 1, confirms: 1 } },
  fixed: holdsUntilPaid,
  async seller(redis, sale, env) {
    const seller = (await paying({})(redis, sale, env)) as Seller;
    const held = new Set<string>();
    return {
      ...seller,
      async purchase(request, lent) {
        const outcome = await seller.purchase(request, lent);
        if (outcome.kind === 'sold') held.add(request.requestId);
        return outcome;
      },
      async confirm(request) {
        if (!held.has(request.requestId)) throw tooLate();
        await seller.confirm!(request);
      },
    };
  },
});

export const forgetsWhoPaid = mutant({
  name: 'forgets-who-paid',
  mistake: 'a confirm ends the hold and writes no order',
  caught: { property: 'lost-sale', environment: 'calm', scope: { buyers: 1, stock: 1, confirms: 1 } },
  fixed: holdsUntilPaid,
  seller: paying({ confirm: changed(CONFIRM, "redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])\n", '') }),
});

export const failsInTime = mutant({
  name: 'fails-in-time',
  mistake: 'a confirm of what is held fails with an error that proves nothing',
  caught: { property: 'progress', environment: 'calm', scope: { buyers: 1, stock: 1, confirms: 1 } },
  fixed: holdsUntilPaid,
  async seller(redis, sale, env) {
    const seller = (await paying({})(redis, sale, env)) as Seller;
    return {
      ...seller,
      async confirm(request) {
        await seller.confirm!(request);
        throw new TypeError('the payment provider answered in another shape');
      },
    };
  },
});

export const forgetsTheUnits = mutant({
  name: 'forgets-the-units',
  mistake: 'a hold is a key with a time to live: when it expires, nobody puts its units back on sale',
  supports: [],
  caught: { property: 'stranded', environment: 'calm', scope: { buyers: 1, stock: 1, confirms: 1 } },
  fixed: holdsUntilPaid,
  seller: (redis, { sku }) => {
    const holdOf = (requestId: string): string => `{${sku}}:hold:${requestId}`;
    return {
      async purchase({ requestId }) {
        const hold = `if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECR', KEYS[1])
redis.call('SET', KEYS[2], 1, 'PX', ARGV[1])
return 1`;
        const answer = await redis.eval(hold, 2, stockKey(sku), holdOf(requestId), HOLD_MS);
        return { kind: answer === 1 ? 'sold' : 'sold-out' };
      },
      async confirm({ requestId }) {
        if ((await redis.persist(holdOf(requestId))) === 0 && !(await redis.exists(holdOf(requestId))))
          throw tooLate();
      },
    };
  },
});

export const holdsForEver = variant({
  name: 'holds-for-ever',
  unlike: 'a hold never ends: who comes to pay after a year still gets what they took',
  holdsIn: ['calm', 'script-flush'],
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const take = `if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 0 end
return redis.call('DECRBY', KEYS[1], ARGV[1]) + 1`;
      return { kind: (await redis.eval(take, 1, stockKey(sku), quantity)) === 0 ? 'sold-out' : 'sold' };
    },
    async confirm() {},
  }),
});

/** A user who holds something is told so, whichever request asks. */
const OF_USERS = `
-- KEYS stock, users   ARGV user
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return 'already-yours' end
if tonumber(redis.call('GET', KEYS[1])) < 1 then return 'sold-out' end
redis.call('DECR', KEYS[1])
redis.call('SADD', KEYS[2], ARGV[1])
return 'sold'`;

const onePerUser =
  (script: string): Selling =>
  (redis, { sku }) => {
    const users = `{${sku}}:users`;
    return {
      async purchase({ userId }) {
        const kind = await redis.eval(script, 2, stockKey(sku), users, userId);
        return { kind: kind as 'sold' | 'sold-out' | 'already-yours' };
      },
      async release({ userId }) {
        await redis.multi().srem(users, userId).incr(stockKey(sku)).exec();
      },
      async recorded() {
        return (await redis.smembers(users)).map((userId) => ({ userId, quantity: 1 }));
      },
    };
  };

export const remembersUsers = variant({
  name: 'remembers-users',
  unlike: 'its ledger is a set of users: who holds a unit is told so, whichever of their requests asks',
  supports: [],
  holdsIn: ['calm', 'buyer-crash', 'lost-reply', 'retry'],
  seller: onePerUser(OF_USERS),
});

export const remembersWhoAsked = mutant({
  name: 'remembers-who-asked',
  mistake:
    'remembers a user before it looks at the stock, and tells who was refused that they have it already',
  supports: [],
  caught: {
    property: 'lost-sale',
    environment: 'hostile-input',
    scope: { buyers: 1, stock: 0, instances: 1, attempts: 2, faults: { repeat: 1 } },
  },
  fixed: remembersUsers,
  seller: onePerUser(`
local told = redis.call('HGET', KEYS[2] .. ':asked', ARGV[1])
redis.call('HSET', KEYS[2] .. ':asked', ARGV[1], 1)
if told then return 'already-yours' end
${OF_USERS}`),
});

export const tellsOthersItIsTheirs = mutant({
  name: 'tells-others-it-is-theirs',
  mistake: 'tells everybody for whom nothing is left that they hold it already',
  supports: [],
  caught: { property: 'lost-sale', environment: 'calm', scope: { buyers: 1, stock: 0 } },
  fixed: remembersUsers,
  seller: onePerUser(changed(OF_USERS, "return 'sold-out'", "return 'already-yours'")),
});

export const endsTheHoldFirst = mutant({
  name: 'ends-the-hold-first',
  mistake:
    'a confirm ends the hold in one step and writes the order in the next, before which its process may die',
  caught: {
    property: 'stranded',
    environment: 'buyer-crash',
    scope: { buyers: 1, stock: 1, confirms: 1, faults: { crash: 1 } },
  },
  fixed: holdsUntilPaid,
  async seller(redis, sale, env) {
    const seller = (await paying({})(redis, sale, env)) as Seller;
    const [, ledger, holds, deadlines] = keysOf(sale.sku) as [string, string, string, string];
    return {
      ...seller,
      async confirm(request) {
        if ((await redis.hexists(ledger, request.requestId)) === 1) return;
        if ((await redis.hdel(holds, request.requestId)) === 0) throw tooLate();
        await redis.zrem(deadlines, request.requestId);
        await redis.hset(ledger, request.requestId, JSON.stringify(request));
      },
    };
  },
});
