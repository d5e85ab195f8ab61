import type { PurchaseOutcome, RecordedSale } from '../../strategies/contract.ts';
import { ledgerKey, stockKey } from '../../strategies/keys.ts';
import { changed, mutant, variant } from './parts.ts';

/** Selling with work in the background: holds that a sweeper returns, and requests that a consumer decides. */

const HOLD_MS = 60_000;
const POLL_MS = 10;
type Selling = Parameters<typeof variant>[0]['seller'];

const HOLD = `
-- KEYS stock, ledger, holds (request -> units), deadlines   ARGV request, quantity, end of the hold
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1 then return 1 end
if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[2]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[1])
return 1`;
const CONFIRM = `
-- KEYS as above   ARGV request, order
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1`;
const SWEEP = `
-- KEYS as above   ARGV now
local ended = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', ARGV[1])
for _, request in ipairs(ended) do
  redis.call('INCRBY', KEYS[1], redis.call('HGET', KEYS[3], request) or 0)
  redis.call('HDEL', KEYS[3], request)
  redis.call('ZREM', KEYS[4], request)
end
return #ended`;

interface HoldScripts {
  confirm?: string;
  sweep?: string;
}

const keysOf = (sku: string): string[] => [
  stockKey(sku),
  ledgerKey(sku),
  `{${sku}}:holds`,
  `{${sku}}:deadlines`,
];

const holding =
  ({ confirm = CONFIRM, sweep = SWEEP }: HoldScripts): Selling =>
  (redis, { sku }, env) => {
    const keys = keysOf(sku);
    const run = (script: string, ...args: (string | number)[]): Promise<unknown> =>
      redis.eval(script, keys.length, ...keys, ...args);
    return {
      async purchase(request) {
        for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
          if ((await run(HOLD, request.requestId, request.quantity, env.now() + HOLD_MS)) === 0)
            return { kind: 'sold-out' };
          if ((await run(confirm, request.requestId, JSON.stringify(request))) === 1) return { kind: 'sold' };
        }
        return { kind: 'gave-up', attempts: env.maxAttempts };
      },
      runJob: async () => ((await run(sweep, env.now())) === 0 ? 'idle' : 'worked'),
      async recorded() {
        return (await redis.hvals(keys[1]!)).map((order) => JSON.parse(order) as RecordedSale);
      },
    };
  };

export const holdsAndConfirms = variant({
  name: 'holds-and-confirms',
  unlike:
    'units are held, then confirmed; what a sweeper took back meanwhile is held anew before it is confirmed',
  holdsIn: ['calm', 'buyer-crash', 'script-flush'],
  // A refused buyer is not told that a hold ran out later.
  butFor: ['false-refusal'],
  seller: holding({}),
});

export const confirmsWithoutALook = mutant({
  name: 'confirms-without-a-look',
  mistake:
    'sells for good what was held, whether or not the hold has run out and its units are for sale again',
  caught: {
    property: 'oversell',
    environment: 'slow',
    scope: { buyers: 1, stock: 1, jobs: 1, faults: { slow: 1 } },
  },
  fixed: holdsAndConfirms,
  seller: holding({
    confirm: changed(CONFIRM, "if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then return 0 end\n", ''),
  }),
});

export const sweepsWhatWasSold = mutant({
  name: 'sweeps-what-was-sold',
  mistake:
    'leaves the deadline of a hold that was confirmed, and returns the units of whatever has passed one',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: holdsAndConfirms,
  seller: holding({
    confirm: changed(
      changed(CONFIRM, "redis.call('HDEL', KEYS[3], ARGV[1])\n", ''),
      "redis.call('ZREM', KEYS[4], ARGV[1])\n",
      '',
    ),
  }),
});

export const sweepsInSteps = mutant({
  name: 'sweeps-in-steps',
  mistake: 'the sweeper looks for holds that ran out in one step, and returns their units in the next',
  caught: {
    property: 'oversell',
    environment: 'slow',
    scope: { buyers: 1, stock: 1, jobs: 1, faults: { slow: 1 } },
  },
  fixed: holdsAndConfirms,
  async seller(redis, sale, env) {
    const [stock, , holds, deadlines] = keysOf(sale.sku) as [string, string, string, string];
    return {
      ...(await holding({})(redis, sale, env)),
      async runJob() {
        const ended = await redis.zrangebyscore(deadlines, '-inf', env.now());
        for (const request of ended) {
          const units = Number(await redis.hget(holds, request));
          await redis.multi().incrby(stock, units).hdel(holds, request).zrem(deadlines, request).exec();
        }
        return ended.length > 0 ? 'worked' : 'idle';
      },
    };
  },
});

export const sweepsNothing = mutant({
  name: 'sweeps-nothing',
  mistake:
    'compares deadlines in milliseconds with a clock that counts seconds, so that no hold ever runs out',
  caught: {
    property: 'stranded',
    environment: 'buyer-crash',
    scope: { buyers: 1, stock: 1, faults: { crash: 1 } },
  },
  fixed: holdsAndConfirms,
  seller: holding({
    sweep: changed(SWEEP, "'-inf', ARGV[1]", "'-inf', tostring(math.floor(tonumber(ARGV[1]) / 1000))"),
  }),
});

const ASK = `
-- KEYS stock, answers, queue   ARGV request, quantity, order
if redis.call('HSETNX', KEYS[2], ARGV[1], 'waiting') == 1 then
  redis.call('RPUSH', KEYS[3], ARGV[3])
end
return 1`;
const DECIDE = `
-- KEYS as above   ARGV request, quantity, order
if redis.call('HGET', KEYS[2], ARGV[1]) == 'waiting' then
  local kind = 'sold-out'
  if tonumber(redis.call('GET', KEYS[1])) >= tonumber(ARGV[2]) then
    redis.call('DECRBY', KEYS[1], ARGV[2])
    kind = 'sold ' .. ARGV[3]
  end
  redis.call('HSET', KEYS[2], ARGV[1], kind)
end
redis.call('LREM', KEYS[3], 1, ARGV[3])
return 1`;
const WITHDRAW = `
-- KEYS as above   ARGV request
if redis.call('HGET', KEYS[2], ARGV[1]) == 'waiting' then redis.call('HSET', KEYS[2], ARGV[1], 'withdrawn') end
return redis.call('HGET', KEYS[2], ARGV[1])`;

interface QueueScripts {
  decide?: string;
  /** How the next request is read. */
  read?: 'lindex' | 'lpop';
  /** Takes back a request that nobody has decided in time. */
  withdraw?: string;
}

const queueing =
  ({ decide = DECIDE, read = 'lindex', withdraw = WITHDRAW }: QueueScripts): Selling =>
  (redis, { sku }, env) => {
    const keys = [stockKey(sku), ledgerKey(sku), `{${sku}}:queue`];
    const [, answers, queue] = keys as [string, string, string];
    const run = (script: string, ...args: (string | number)[]): Promise<unknown> =>
      redis.eval(script, keys.length, ...keys, ...args);
    return {
      async purchase(request) {
        await run(ASK, request.requestId, request.quantity, JSON.stringify(request));
        let answer = 'waiting';
        for (let attempt = 1; attempt < env.maxAttempts && answer === 'waiting'; attempt++) {
          await env.sleep(POLL_MS);
          answer = (await redis.hget(answers, request.requestId)) ?? '';
        }
        if (answer === 'waiting') answer = (await run(withdraw, request.requestId)) as string;
        if (answer === 'sold-out') return { kind: 'sold-out' };
        if (answer.startsWith('sold ')) return { kind: 'sold' };
        return { kind: 'gave-up', attempts: env.maxAttempts };
      },
      async runJob() {
        const next = read === 'lpop' ? await redis.lpop(queue) : await redis.lindex(queue, 0);
        if (next === null) return 'idle';
        const { requestId, quantity } = JSON.parse(next) as Required<RecordedSale>;
        await run(decide, requestId, quantity, next);
        return 'worked';
      },
      async recorded() {
        const sold = (await redis.hvals(answers)).filter((answer) => answer.startsWith('sold '));
        return sold.map((answer) => JSON.parse(answer.slice('sold '.length)) as RecordedSale);
      },
    };
  };

export const queuesAndWithdraws = variant({
  name: 'queues-and-withdraws',
  unlike:
    'requests wait in a list; a consumer decides them, each once; who has waited too long withdraws for sure',
  holdsIn: ['calm', 'buyer-crash'],
  // Nobody can promise a buyer that a consumer comes in time.
  butFor: ['progress'],
  seller: queueing({}),
});

export const leavesTheQueueBehind = mutant({
  name: 'leaves-the-queue-behind',
  mistake:
    'tells a buyer who has waited too long that nothing was taken, and leaves the request in the queue',
  // Who was told that nothing was taken has an order all the same.
  caught: { property: 'false-refusal', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: queuesAndWithdraws,
  seller: queueing({ withdraw: "return redis.call('HGET', KEYS[2], ARGV[1])" }),
});

const LEASE_UNITS = 2;
const LEASE = `
local units = math.min(tonumber(redis.call('GET', KEYS[1])), tonumber(ARGV[1]))
redis.call('DECRBY', KEYS[1], units)
return units`;

const leasing =
  (unsold: (left: number, leased: number) => number): Selling =>
  (redis, { sku }) => {
    const lease = { leased: 0, left: 0 };
    const take = async (quantity: number): Promise<PurchaseOutcome> => {
      if (lease.left < quantity) {
        const units = Number(await redis.eval(LEASE, 1, stockKey(sku), LEASE_UNITS));
        lease.leased += units;
        lease.left += units;
      }
      if (lease.left < quantity) return { kind: 'sold-out' };
      lease.left -= quantity;
      return { kind: 'sold' };
    };
    return {
      purchase: ({ quantity }) => take(quantity),
      async close() {
        const units = unsold(lease.left, lease.leased);
        if (units > 0) await redis.incrby(stockKey(sku), units);
      },
    };
  };

export const returnsItsLease = variant({
  name: 'returns-its-lease',
  unlike:
    'a process takes units in advance, sells them from memory, and returns at its end what it did not sell',
  supports: [],
  holdsIn: ['calm', 'script-flush'],
  // Others are refused what one process has in advance.
  butFor: ['false-refusal'],
  seller: leasing((left) => left),
});

export const keepsItsLease = mutant({
  name: 'keeps-its-lease',
  mistake: 'takes units in advance, and ends without returning those that it did not sell',
  supports: [],
  caught: { property: 'stranded', environment: 'calm', scope: { buyers: 1, stock: 2 } },
  fixed: returnsItsLease,
  seller: leasing(() => 0),
});

export const returnsAllItLeased = mutant({
  name: 'returns-all-it-leased',
  mistake: 'returns as many units as it took in advance, those that it sold among them',
  supports: [],
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: returnsItsLease,
  seller: leasing((_left, leased) => leased),
});
