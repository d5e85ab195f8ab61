import { stockKey } from '../../strategies/keys.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { changed, mutant, variant } from './parts.ts';

/** What a process, or Redis itself, remembers of the stock besides the stock, and what happens to its key. */

const soldOutKey = (sku: string): string => `{${sku}}:sold-out`;

/** One script: refuses while the flag is up, and raises it when it finds too little for one unit. */
const TAKE = `
-- KEYS stock, flag   ARGV quantity
if redis.call('EXISTS', KEYS[2]) == 1 then return 'sold-out' end
local stock = tonumber(redis.call('GET', KEYS[1]))
if stock < 1 then redis.call('SET', KEYS[2], 1) end
if stock < tonumber(ARGV[1]) then return 'sold-out' end
redis.call('DECRBY', KEYS[1], ARGV[1])
return 'sold'`;

const GIVE = `
redis.call('DEL', KEYS[2])
return redis.call('INCRBY', KEYS[1], ARGV[1])`;

const flagging =
  (take: string, give: string): Parameters<typeof variant>[0]['seller'] =>
  (redis, { sku }) => {
    const keys = [stockKey(sku), soldOutKey(sku)];
    const add = async (units: number): Promise<void> => void (await redis.eval(give, 2, ...keys, units));
    return {
      async purchase({ quantity }) {
        return { kind: (await redis.eval(take, 2, ...keys, quantity)) as 'sold' | 'sold-out' };
      },
      release: ({ quantity }) => add(quantity),
      restock: add,
    };
  };

export const lowersItsFlag = variant({
  name: 'lowers-its-flag',
  unlike:
    'a sold-out flag that the script raises, and that every release and restock lowers in the same step',
  holdsIn: ['calm', 'several-units', 'release-restock', 'script-flush'],
  seller: flagging(TAKE, GIVE),
});

export const leavesItsFlagUp = mutant({
  name: 'leaves-its-flag-up',
  mistake: 'raises a sold-out flag, and does not lower it when units come back',
  source: 'https://github.com/zaiyunduan123/springboot-seckill/issues/22',
  caught: {
    property: 'stranded',
    environment: 'release-restock',
    scope: { buyers: 2, stock: 1, releases: 1 },
  },
  fixed: lowersItsFlag,
  seller: flagging(TAKE, changed(GIVE, "redis.call('DEL', KEYS[2])\n", '')),
});

export const letsItsFlagExpire = mutant({
  name: 'lets-its-flag-expire',
  mistake:
    'leaves it to a time to live to lower the sold-out flag, and refuses until then what has come back',
  caught: {
    property: 'false-refusal',
    environment: 'release-restock',
    scope: { buyers: 3, stock: 1, releases: 1 },
  },
  fixed: lowersItsFlag,
  seller: flagging(
    changed(TAKE, "'SET', KEYS[2], 1", "'SET', KEYS[2], 1, 'EX', 60"),
    changed(GIVE, "redis.call('DEL', KEYS[2])\n", ''),
  ),
});

export const raisesItsFlagAfterwards = mutant({
  name: 'raises-its-flag-afterwards',
  mistake: 'raises the sold-out flag in a step of its own, when units may have come back already',
  caught: {
    property: 'stranded',
    environment: 'release-restock',
    scope: { buyers: 2, stock: 1, releases: 1 },
  },
  fixed: lowersItsFlag,
  async seller(redis, sale, env) {
    const withoutFlag = changed(TAKE, "if stock < 1 then redis.call('SET', KEYS[2], 1) end\n", '');
    const seller = await flagging(withoutFlag, GIVE)(redis, sale, env);
    return {
      ...seller,
      async purchase(request, lent) {
        const outcome = await seller.purchase(request, lent);
        if (outcome.kind === 'sold-out') await redis.set(soldOutKey(sale.sku), 1);
        return outcome;
      },
    };
  },
});

export const remembersSoldOut = mutant({
  name: 'remembers-sold-out',
  mistake: 'a process that was once told sold out says so for ever, without asking again',
  source: 'https://github.com/qiurunze123/miaosha/issues/145',
  caught: {
    property: 'false-refusal',
    environment: 'release-restock',
    scope: { buyers: 3, stock: 1, instances: 2, releases: 1 },
  },
  fixed: luaDecrement,
  async seller(redis, sale, env) {
    const seller = await luaDecrement.seller(redis, sale, env);
    let soldOut = false;
    return {
      async purchase(request, lent) {
        if (soldOut) return { kind: 'sold-out' };
        const outcome = await seller.purchase(request, lent);
        soldOut ||= outcome.kind === 'sold-out';
        return outcome;
      },
    };
  },
});

export const countsInTheProcess = mutant({
  name: 'counts-in-the-process',
  mistake: 'reads the stock when the process starts, counts it down in a variable, and tells Redis',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  fixed: luaDecrement,
  async seller(redis, { sku }) {
    let left = Number(await redis.get(stockKey(sku)));
    return {
      async purchase({ quantity }) {
        if (left < quantity) return { kind: 'sold-out' };
        left -= quantity;
        await redis.decrby(stockKey(sku), quantity);
        return { kind: 'sold' };
      },
    };
  },
});

export const opensTheSaleAgain = mutant({
  name: 'opens-the-sale-again',
  mistake: 'every process that starts puts the whole stock on sale',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: luaDecrement,
  async seller(redis, sale, env) {
    await redis.set(stockKey(sale.sku), sale.stock);
    return luaDecrement.seller(redis, sale, env);
  },
});

export const opensTheSaleIfMissing = mutant({
  name: 'opens-the-sale-if-missing',
  mistake: 'a process that starts and finds no stock key takes it for a sale that nobody opened yet (SETNX)',
  caught: {
    property: 'oversell',
    environment: 'eviction',
    scope: { buyers: 1, stock: 1, faults: { evict: 1 } },
  },
  fixed: luaDecrement,
  async seller(redis, sale, env) {
    await redis.setnx(stockKey(sale.sku), sale.stock);
    return luaDecrement.seller(redis, sale, env);
  },
});

export const reloadsTheStock = mutant({
  name: 'reloads-the-stock',
  mistake: 'treats the stock key as a cache: when it is gone, it is filled from what was once put on sale',
  caught: {
    property: 'lost-sale',
    environment: 'restart-without-aof',
    scope: { buyers: 1, stock: 1, faults: { 'restart-without-aof': 1 } },
  },
  fixed: luaDecrement,
  seller: (redis, { sku, stock }) => ({
    async purchase({ quantity }) {
      const take = `
        if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SET', KEYS[1], ARGV[2]) end
        if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 'sold-out' end
        redis.call('DECRBY', KEYS[1], ARGV[1])
        return 'sold'`;
      return { kind: (await redis.eval(take, 1, stockKey(sku), quantity, stock)) as 'sold' | 'sold-out' };
    },
  }),
});

export const letsTheStockExpire = mutant({
  name: 'lets-the-stock-expire',
  mistake: 'gives the stock key a time to live, which ends while there are units left',
  caught: {
    property: 'stranded',
    environment: 'expiry',
    scope: { buyers: 1, stock: 1, faults: { expire: 1 } },
  },
  fixed: luaDecrement,
  open: async (redis, { sku, stock }) => void (await redis.set(stockKey(sku), stock, 'EX', 86_400)),
  seller: (redis, sale, env) => luaDecrement.seller(redis, sale, env),
});
