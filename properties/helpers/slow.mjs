// Sells so slowly that a search for a rate keeps no processor busy.
const SELL = "return redis.call('DECR', KEYS[1])";

export const slow = {
  name: 'slow',
  summary: 'takes 5 ms for each purchase',
  connection: 'shared',
  open: async (redis, sale) => void (await redis.set('stock', sale.stock)),
  seller: (redis, _, env) => ({
    remaining: async () => Math.max(0, Number(await redis.get('stock'))),
    async purchase() {
      await env.sleep(5);
      return { kind: (await redis.eval(SELL, 1, 'stock')) >= 0 ? 'sold' : 'sold-out' };
    },
  }),
};
