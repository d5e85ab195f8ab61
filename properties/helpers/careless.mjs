// Three strategies in one file would be three explorations: this one is careless in several ways at once, each of
// which shows under one flag alone.
const SELL = `if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECR', KEYS[1])
return 1`;

export const careless = {
  name: 'careless',
  summary: 'knows no limit per user, and its background job writes back a stock that it has read before',
  connection: 'shared',
  supports: ['limit'],
  open: async (redis, sale) => void (await redis.set('stock', sale.stock)),
  seller: (redis) => ({
    remaining: async () => Number(await redis.get('stock')),
    purchase: async () => ({ kind: (await redis.eval(SELL, 1, 'stock')) === 1 ? 'sold' : 'sold-out' }),
    async runJob() {
      const stock = await redis.get('stock');
      await redis.set('stock', stock);
      return 'idle';
    },
  }),
};
