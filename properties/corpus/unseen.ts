import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { stockKey } from '../../strategies/keys.ts';
import { blindSpot } from './parts.ts';
import { RESERVE, selling } from './reserve.ts';

/** Mistakes that exploring one sale on one node does not show. A test says so as soon as one of them shows. */

export const forgetsByTheClock = blindSpot({
  name: 'forgets-by-the-clock',
  mistake: 'keeps requests in a sorted set by time, and drops those that are older than a minute',
  unseen: 'a buyer who asks again does so at once: no time passes on the clocks of the processes that sell',
  environment: 'retry',
  seller: (redis, { sku }, env) => ({
    async purchase({ requestId, quantity }) {
      const once = `
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[3] - 60000)
        if redis.call('ZSCORE', KEYS[2], ARGV[2]) then return 'sold' end
        if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 'sold-out' end
        redis.call('DECRBY', KEYS[1], ARGV[1])
        redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
        return 'sold'`;
      const keys = [stockKey(sku), `{${sku}}:requests`];
      const kind = await redis.eval(once, 2, ...keys, quantity, requestId, env.now());
      return { kind: kind as 'sold' | 'sold-out' };
    },
    async recorded() {
      const sold = await redis.zrange(`{${sku}}:requests`, '0', '-1');
      return sold.map((requestId) => ({ requestId, userId: 'unknown', quantity: 1 }));
    },
  }),
});

export const sellsAllProductsFromOneKey = blindSpot({
  name: 'sells-all-products-from-one-key',
  mistake: 'leaves the product out of the name of the key',
  unseen: 'one sale has one product',
  environment: 'calm',
  open: (redis, sale) => luaDecrement.open(redis, { ...sale, sku: 'stock' }),
  seller: (redis, sale, env) => luaDecrement.seller(redis, { ...sale, sku: 'stock' }, env),
});

export const namesKeysInItsScript = blindSpot({
  name: 'names-keys-in-its-script',
  mistake: 'builds the names of its keys in the script, where a cluster cannot see on which node they lie',
  unseen: 'there is one node, and all keys lie on it',
  environment: 'calm',
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const take = `
        local key = '{' .. ARGV[1] .. '}:stock'
        if tonumber(redis.call('GET', key)) < tonumber(ARGV[2]) then return 'sold-out' end
        redis.call('DECRBY', key, ARGV[2])
        return 'sold'`;
      return { kind: (await redis.eval(take, 0, sku, quantity)) as 'sold' | 'sold-out' };
    },
  }),
});

export const tellsWhatWasSold = blindSpot({
  name: 'tells-what-was-sold',
  mistake: 'answers remaining() with what was sold instead of what is left',
  unseen: 'remaining() is shown beside each step and not judged: what is left is found out by buying it',
  environment: 'calm',
  seller: async (redis, sale, env) => ({
    ...(await selling(RESERVE)(redis, sale, env)),
    remaining: async () => sale.stock - Number(await redis.get(stockKey(sale.sku))),
  }),
});
