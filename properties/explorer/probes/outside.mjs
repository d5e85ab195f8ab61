// What a second step beside Redis makes of a sale: an order in a table, a message to a queue, a payment.
import { probe as plain } from './parts.mjs';

/** Each unit is an item of a list: so it is taken and given back without a script, of which only a search knows what a server remembers. */
const UNITS = '{item}:units';
const take = async (redis) => (await redis.lpop(UNITS)) !== null;
const give = (redis, units = 1) => redis.rpush(UNITS, ...Array.from({ length: units }, () => 'unit'));
const left = (redis) => redis.llen(UNITS);

const probe = (name, make, more = {}) =>
  plain(name, make, { open: (redis, { stock }) => give(redis, stock), ...more });

/** A failure that surely had no effect. */
const refused = () => Object.assign(new Error('nothing was sold'), { definite: true });

/** Takes a unit, and then writes the order: `failed` is told how that failed. */
const ordering = (name, failed, more = {}) =>
  probe(
    name,
    (redis, env) => {
      const orders = env.outside('orders');
      return {
        async purchase({ requestId, userId }) {
          if (!(await take(redis))) return { kind: 'sold-out' };
          try {
            await orders.insert(requestId, { userId, quantity: 1 });
          } catch (error) {
            return failed({ error, orders, requestId, redis });
          }
          return { kind: 'sold' };
        },
        remaining: () => left(redis),
        recorded: async () => (await orders.rows()).map(({ id, row }) => ({ requestId: id, ...row })),
      };
    },
    more,
  );

/** What was taken stays so. */
export const throws = ordering('throws', ({ error }) => {
  throw error;
});

/** Takes an error for proof that nothing was written. */
export const undoes = ordering('undoes', async ({ redis }) => {
  await give(redis);
  throw refused();
});

/** Looks whether the order is there before anything is given back; where nobody knows, nothing is. */
const lookFirst = async ({ orders, requestId, redis }) => {
  if ((await orders.find(requestId)) !== undefined) return { kind: 'sold' };
  await give(redis);
  throw refused();
};
export const looks = ordering('looks', lookFirst);
/** The same, of a strategy that says that its units are reserved for a moment. */
export const reserves = ordering('reserves', lookFirst, { reserves: true });

/** Says so as well, and does not give everything back: whoever comes later is refused for nothing. */
export const keeps = ordering(
  'keeps',
  async ({ orders, requestId }) => {
    if ((await orders.find(requestId)) !== undefined) return { kind: 'sold' };
    throw refused();
  },
  { reserves: true },
);

/** The order is written first, and taken away where there is no unit for it. */
const writesFirst = (name, undo) =>
  probe(name, (redis, env) => {
    const orders = env.outside('orders');
    return {
      async purchase({ requestId, userId }) {
        await orders.insert(requestId, { userId, quantity: 1 });
        if (await take(redis)) return { kind: 'sold' };
        await undo(orders, requestId);
        return { kind: 'sold-out' };
      },
      remaining: () => left(redis),
      recorded: async () => (await orders.rows()).map(({ id, row }) => ({ requestId: id, ...row })),
    };
  });
export const takesBack = writesFirst('takes-back', (orders, requestId) => orders.remove(requestId));
export const leavesIt = writesFirst('leaves-it', () => {});

/** The number of orders is what is sold: counted and written in two steps, or by a place that only one can have. */
const counting = (name, place) =>
  probe(name, (redis, env, { stock }) => {
    const orders = env.outside('orders');
    const unsold = async () => stock - (await orders.rows()).length;
    return {
      async purchase({ requestId, userId }) {
        await redis.get('{item}:price');
        for (;;) {
          const units = await unsold();
          if (units <= 0) return { kind: 'sold-out' };
          try {
            await orders.insert(place(units, requestId), { requestId, userId, quantity: 1 });
            return { kind: 'sold' };
          } catch (error) {
            if (error.code !== 'ROW_EXISTS') throw error;
          }
        }
      },
      remaining: unsold,
      recorded: async () => (await orders.rows()).map(({ row }) => row),
    };
  });
export const countsRows = counting('counts-rows', (_, requestId) => requestId);
export const takesAPlace = counting('takes-a-place', (units) => `place ${units}`);

/** Two calls at once, of which either may take effect first. */
const both = (name, inOrder) =>
  probe(name, (redis, env) => {
    const mails = env.outside('mails');
    return {
      async purchase({ requestId }) {
        if (!(await take(redis))) return { kind: 'sold-out' };
        const first = mails.append({ requestId, says: 'paid' });
        if (inOrder) await first;
        await Promise.all([first, mails.append({ requestId, says: 'sent' })]);
        const [{ says }] = (await mails.messages()).filter((mail) => mail.requestId === requestId);
        // Units out of nothing: so is shown that it came to this.
        if (says === 'sent') await give(redis, 5);
        return { kind: 'sold' };
      },
      remaining: () => left(redis),
    };
  });
export const mailsAtOnce = both('mails-at-once', false);
export const mailsInOrder = both('mails-in-order', true);

/** A payment is one call, and of one that failed nobody knows. */
const paying = (name, failed) =>
  probe(name, (redis, env) => ({
    async purchase() {
      if (!(await take(redis))) return { kind: 'sold-out' };
      try {
        await env.outside('bank').run('charge');
      } catch (error) {
        return failed(error, redis);
      }
      return { kind: 'sold' };
    },
    remaining: () => left(redis),
  }));
export const paysOrThrows = paying('pays-or-throws', (error) => {
  throw error;
});
export const paysOrGivesUp = paying('pays-or-gives-up', async (_, redis) => {
  await give(redis);
  return { kind: 'gave-up', attempts: 1 };
});

/** What is in Redis may be gone, and what is beside it is not. */
export const remembersBeside = probe('remembers-beside', (redis, env) => {
  const orders = env.outside('orders');
  return {
    async purchase({ requestId, userId }) {
      if ((await orders.find(requestId)) !== undefined) return { kind: 'sold' };
      if (!(await take(redis))) return { kind: 'sold-out' };
      await orders.insert(requestId, { userId, quantity: 1 });
      return { kind: 'sold' };
    },
    remaining: () => left(redis),
    recorded: async () => (await orders.rows()).map(({ id, row }) => ({ requestId: id, ...row })),
  };
});

/** One process serves them all, and writes its orders while it goes on. */
const sharing = (name, at) =>
  probe(name, (redis, env) => {
    const orders = env.outside('orders');
    let writing = 0;
    return {
      async purchase({ requestId, userId }) {
        if (writing === at) await give(redis, 5);
        if (!(await take(redis))) return { kind: 'sold-out' };
        writing++;
        await orders.insert(requestId, { userId, quantity: 1 });
        writing--;
        return { kind: 'sold' };
      },
      remaining: () => left(redis),
      recorded: async () => (await orders.rows()).map(({ id, row }) => ({ requestId: id, ...row })),
    };
  });
export const fearsOneWriting = sharing('fears-one-writing', 1);
export const fearsThreeWriting = sharing('fears-three-writing', 3);

/** Units out of nothing where somebody else's call takes effect after the server had restarted. */
export const fearsALateCall = probe('fears-a-late-call', (redis, env) => {
  const orders = env.outside('orders');
  return {
    async purchase({ requestId }) {
      let restarted = false;
      await redis.get('{item}:price').catch(() => (restarted = true));
      const before = await orders.find(requestId);
      try {
        await orders.insert(requestId);
      } catch {
        if (restarted && before === undefined) await give(redis, 5);
      }
      return (await take(redis)) ? { kind: 'sold' } : { kind: 'sold-out' };
    },
    remaining: () => left(redis),
  };
});
