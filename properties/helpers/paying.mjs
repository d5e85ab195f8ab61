/** Takes a unit when it is sold, and another one with each confirm after the first. */
export const paying = {
  name: 'paying',
  summary: 'for tests: a confirm that is sent twice takes twice',
  connection: 'shared',
  async open(redis, { stock }) {
    await redis.set('stock', stock);
  },
  seller: (redis) => ({
    async purchase() {
      if ((await redis.decr('stock')) >= 0) return { kind: 'sold' };
      await redis.incr('stock');
      return { kind: 'sold-out' };
    },
    async confirm({ requestId }) {
      if ((await redis.incr(requestId)) > 1) await redis.decr('stock');
    },
    remaining: async () => Number(await redis.get('stock')),
  }),
};
