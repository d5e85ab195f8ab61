import type { Strategy } from '../../strategies/contract.ts';

/** Sells nothing, asks the server nothing but whether it is there: what our own engine can do at best. */
export const noOp: Strategy = {
  name: 'no-op',
  summary: 'PING: the cost of the engine itself',
  connection: 'shared',
  async open() {},
  seller: (redis) => ({
    async purchase() {
      await redis.ping();
      return { kind: 'sold' };
    },
    remaining: async () => 0,
  }),
};
