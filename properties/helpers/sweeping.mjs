// Gives back what was held for one buyer: right with one sweeper at a time, wrong with two that look before either
// gives back.
const HOLD = `if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECR', KEYS[1])
return 1`;

export const sweeping = {
  name: 'sweeping',
  summary: 'its background job looks for a hold, then gives its unit back',
  connection: 'shared',
  open: async (redis, sale) => void (await redis.set('stock', sale.stock)),
  seller: (redis, _sale, _env, here = { busy: false }) => ({
    remaining: async () => Number(await redis.get('stock')),
    async purchase({ requestId }) {
      if ((await redis.eval(HOLD, 1, 'stock')) !== 1) return { kind: 'sold-out' };
      if (!requestId.endsWith('A')) return { kind: 'sold' };
      await redis.set('abandoned', requestId);
      return { kind: 'gave-up', attempts: 1 };
    },
    async runJob() {
      if (here.busy) return 'idle';
      here.busy = true;
      try {
        if ((await redis.get('abandoned')) === null) return 'idle';
        await redis.multi().incr('stock').del('abandoned').exec();
        return 'worked';
      } finally {
        here.busy = false;
      }
    },
  }),
};
