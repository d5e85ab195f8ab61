/**
 * Strategies for tests of the load driver. Plain JavaScript, because the driver's compiled workers load them as
 * they would load a user's file.
 */

/** @param {object} parts what differs from a strategy that never has anything to sell */
const probe = (name, { purchase = async () => ({ kind: 'sold-out' }), ...rest } = {}) => ({
  name,
  summary: 'a probe',
  connection: 'shared',
  async open() {},
  seller: () => ({ purchase, remaining: async () => 0 }),
  ...rest,
});

/** Throws when the connection that it is lent serves another purchase at the same time. */
const lentTwice = () => {
  const busy = new Set();
  return async (_request, redis) => {
    if (busy.has(redis)) throw new Error('this connection is lent twice');
    busy.add(redis);
    await redis.ping();
    busy.delete(redis);
    return { kind: 'sold-out' };
  };
};
export const exclusiveLoan = probe('exclusive-loan', { connection: 'exclusive', purchase: lentTwice() });
export const sharedLoan = probe('shared-loan', { connection: 'shared', purchase: lentTwice() });

export const neverAnswers = probe('never-answers', { purchase: () => new Promise(() => {}) });
export const neverReady = probe('never-ready', { seller: () => new Promise(() => {}) });

export const brokenOpen = probe('broken-open', {
  async open() {
    throw new Error('no such warehouse');
  },
});
export const brokenSeller = probe('broken-seller', {
  seller() {
    throw new Error('no such till');
  },
});
export const brokenClose = probe('broken-close', {
  seller: () => ({
    purchase: async () => ({ kind: 'sold-out' }),
    remaining: async () => 0,
    async close() {
      throw new Error('no such key');
    },
  }),
});
export const throwsOutside = probe('throws-outside', {
  purchase: () =>
    new Promise(() => {
      setTimeout(() => {
        throw new Error('nobody catches this');
      }, 1);
    }),
});

/** Every third purchase each: refuses definitely, throws in doubt, answers what is no outcome. */
export const failing = probe('failing', {
  async purchase({ requestId }, redis) {
    await redis.ping();
    const buyer = Number(/\d+/.exec(requestId)[0]);
    if (buyer % 3 === 0) throw Object.assign(new Error('refused'), { definite: true, code: 'REFUSED' });
    if (buyer % 3 === 1) throw new Error(`lost request ${buyer}`);
    return { kind: 'maybe' };
  },
});

/** Its hundredth buyer makes the server pause, as a fork or a slow command of somebody else does. */
export const pausesTheServer = probe('pauses-the-server', {
  async purchase({ requestId }, redis) {
    if (requestId.startsWith('r100-')) await redis.client('PAUSE', 200, 'ALL');
    await redis.ping();
    return { kind: 'sold' };
  },
});

/** A purchase takes a tenth of a second, however many there are. */
export const tenthOfASecond = probe('tenth-of-a-second', {
  connection: 'exclusive',
  async purchase({ requestId }) {
    if (requestId.startsWith('drain')) return { kind: 'sold-out' };
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { kind: 'sold' };
  },
});

/** Works a millisecond by itself before it asks the server for next to nothing. */
export const reckons = probe('reckons', {
  async purchase(_request, redis) {
    const until = performance.now() + 1;
    while (performance.now() < until);
    await redis.ping();
    return { kind: 'sold-out' };
  },
});

/** Has the server work, and waits. */
export const letsReckon = probe('lets-reckon', {
  async purchase(_request, redis) {
    await redis.eval('local x = 0 for i = 1, 200000 do x = x + i end return x', 0);
    return { kind: 'sold-out' };
  },
});

/** Uses a connection of its own for every command. */
export const duplicating = probe('duplicating', {
  async seller(redis) {
    const own = redis.duplicate();
    return {
      async purchase() {
        await own.ping();
        await own.ping();
        return { kind: 'sold' };
      },
      remaining: async () => 0,
      close: async () => own.disconnect(),
    };
  },
});

export const needsTheFuture = probe('needs-the-future', { needs: { commands: ['OVERSELL.NEVER'] } });
