import { checkRequest, type PurchaseOutcome } from '../../strategies/contract.ts';
import { answersKey, holdingsKey, ledgerKey, stockKey } from '../../strategies/keys.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { changed, variant } from './parts.ts';
import { RESERVE, reserves, selling } from './reserve.ts';

/** More right ways to sell, none of which may be accused. */

type Kind = 'sold' | 'sold-out';
const TAKES = "redis.call('DECRBY', KEYS[1], quantity)";
const NOTES = "redis.call('HSET', KEYS[3], ARGV[1], ARGV[3] .. ' ' .. ARGV[2])";

export const comparesAndSets = variant({
  name: 'compares-and-sets',
  unlike: 'optimistic without WATCH: a script writes the new stock if the stock is still what was read',
  holdsIn: ['calm', 'several-units', 'script-flush'],
  seller: (redis, { sku }, env) => ({
    async purchase({ quantity }) {
      const swap =
        "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end redis.call('SET', KEYS[1], ARGV[2]) return 1";
      for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
        const stock = Number(await redis.get(stockKey(sku)));
        if (stock < quantity) return { kind: 'sold-out' };
        if ((await redis.eval(swap, 1, stockKey(sku), stock, stock - quantity)) === 1)
          return { kind: 'sold' };
      }
      return { kind: 'gave-up', attempts: env.maxAttempts };
    },
  }),
});

export const neverGivesUp = variant({
  name: 'never-gives-up',
  unlike: 'WATCH, GET, EXEC for as long as it takes: every conflict is a sale of somebody else, so it ends',
  connection: 'exclusive',
  holdsIn: ['calm', 'several-units'],
  seller: (_lobby, { sku }) => ({
    async purchase({ quantity }, lent) {
      for (;;) {
        await lent.watch(stockKey(sku));
        if (Number(await lent.get(stockKey(sku))) < quantity) {
          await lent.unwatch();
          return { kind: 'sold-out' };
        }
        if ((await lent.multi().decrby(stockKey(sku), quantity).exec()) !== null) return { kind: 'sold' };
      }
    },
  }),
});

export const looksAhead = variant({
  name: 'looks-ahead',
  unlike: 'a GET before the script turns buyers away who come too late, as the stock was zero at that moment',
  holdsIn: ['calm', 'several-units', 'release-restock', 'script-flush'],
  async seller(redis, sale, env) {
    const seller = await luaDecrement.seller(redis, sale, env);
    return {
      async purchase(request, lent) {
        if (Number(await redis.get(stockKey(sale.sku))) === 0) return { kind: 'sold-out' };
        return seller.purchase(request, lent);
      },
    };
  },
});

export const countsUpInAScript = variant({
  name: 'counts-up-in-a-script',
  unlike: 'the stock stays as it is, and a script counts what was sold up to it',
  holdsIn: ['calm', 'several-units', 'release-restock', 'script-flush'],
  seller(redis, { sku }) {
    const keys = [stockKey(sku), `{${sku}}:sold`];
    const count = `
      local sold = tonumber(redis.call('GET', KEYS[2]) or 0)
      if sold + ARGV[1] > tonumber(redis.call('GET', KEYS[1])) then return 'sold-out' end
      redis.call('INCRBY', KEYS[2], ARGV[1])
      return 'sold'`;
    return {
      async purchase({ quantity }) {
        return { kind: (await redis.eval(count, 2, ...keys, quantity)) as Kind };
      },
      remaining: async () => Number(await redis.get(keys[0]!)) - Number(await redis.get(keys[1]!)),
      release: async ({ quantity }) => void (await redis.decrby(keys[1]!, quantity)),
    };
  },
});

export const keepsAllInOneHash = variant({
  name: 'keeps-all-in-one-hash',
  unlike: 'stock, limits, requests and orders are fields of one hash, so that there is one key to lose',
  supports: ['several-units', 'limit'],
  holdsIn: ['calm', 'several-units', 'buyer-crash', 'lost-reply', 'retry', 'script-flush', 'hostile-input'],
  open: async (redis, { sku, stock }) => void (await redis.hset(ledgerKey(sku), 'stock', stock)),
  seller: (redis, { sku, perUserLimit = '' }) => ({
    async purchase(request) {
      checkRequest(request);
      const sell = `
        local key, order, user, quantity = KEYS[1], 'order:' .. ARGV[1], 'user:' .. ARGV[2], tonumber(ARGV[3])
        if redis.call('HEXISTS', key, order) == 1 then return 'sold' end
        local stock, held = unpack(redis.call('HMGET', key, 'stock', user))
        if ARGV[4] ~= '' and (held or 0) + quantity > tonumber(ARGV[4]) then return 'limit-reached' end
        if tonumber(stock) < quantity then return 'sold-out' end
        redis.call('HSET', key, order, ARGV[5])
        redis.call('HINCRBY', key, user, quantity)
        redis.call('HINCRBY', key, 'stock', -quantity)
        return 'sold'`;
      const args = [
        request.requestId,
        request.userId,
        request.quantity,
        perUserLimit,
        JSON.stringify(request),
      ];
      return { kind: await redis.eval(sell, 1, ledgerKey(sku), ...args) } as PurchaseOutcome;
    },
    remaining: async () => Number(await redis.hget(ledgerKey(sku), 'stock')),
    async recorded() {
      const fields = Object.entries(await redis.hgetall(ledgerKey(sku)));
      const orders = fields.filter(([field]) => field.startsWith('order:'));
      return orders.map(
        ([, order]) => JSON.parse(order) as { requestId: string; userId: string; quantity: number },
      );
    },
    release: async ({ quantity }) => void (await redis.hincrby(ledgerKey(sku), 'stock', quantity)),
    restock: async (quantity) => void (await redis.hincrby(ledgerKey(sku), 'stock', quantity)),
  }),
});

export const remembersRefusals = variant({
  name: 'remembers-refusals',
  unlike: 'every answer is remembered, refusals too: whoever asks again under the same id is told the same',
  holdsIn: ['calm', 'several-units', 'buyer-crash', 'lost-reply', 'retry', 'script-flush'],
  async seller(redis, sale, env) {
    const { sku } = sale;
    const answer = `
      local known = redis.call('HGET', KEYS[4], ARGV[1])
      if known then return known end
      local function sell() ${RESERVE} end
      local kind = sell()
      redis.call('HSET', KEYS[4], ARGV[1], kind)
      return kind`;
    const seller = await selling(RESERVE)(redis, sale, env);
    return {
      ...seller,
      async purchase(request) {
        checkRequest(request);
        const { requestId, userId, quantity } = request;
        const keys = [stockKey(sku), holdingsKey(sku), answersKey(sku), `${answersKey(sku)}:all`];
        return {
          kind: await redis.eval(answer, 4, ...keys, requestId, userId, quantity, ''),
        } as PurchaseOutcome;
      },
    };
  },
});

export const setsBeforeItTakes = variant({
  name: 'sets-before-it-takes',
  unlike: 'the order and what the user has are written before the stock goes down, all in one script',
  supports: ['several-units', 'limit'],
  holdsIn: ['calm', 'several-units', 'buyer-crash', 'lost-reply', 'retry', 'hostile-input'],
  seller: selling(changed(changed(RESERVE, `${TAKES}\n`, ''), NOTES, `${NOTES}\n${TAKES}`)),
});

export const joinsTheFirst = variant({
  name: 'joins-the-first',
  unlike:
    'a request that comes twice at once to one process shares the call of the first, beside the memory in Redis',
  supports: ['several-units', 'limit'],
  holdsIn: ['calm', 'lost-reply', 'hostile-input'],
  async seller(redis, sale, env) {
    const seller = await reserves.seller(redis, sale, env);
    const underWay = new Map<string, Promise<PurchaseOutcome>>();
    return {
      ...seller,
      async purchase(request, lent) {
        const first =
          underWay.get(request.requestId) ??
          seller.purchase(request, lent).finally(() => underWay.delete(request.requestId));
        underWay.set(request.requestId, first);
        return first;
      },
    };
  },
});
