// What the probes have in common: one counter, and the one script that takes from it rightly.
export const STOCK = '{item}:stock';
const SCRIPT = `if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[1]) return 1`;

export const answer = (sold) => ({ kind: sold ? 'sold' : 'sold-out' });

/** Takes so many units at once, or none. */
export const take = async (redis, units = 1) => (await redis.eval(SCRIPT, 1, STOCK, units)) === 1;

/** Looks, and then takes: wrong wherever something comes in between. */
export const lookAndTake = async (redis) => {
  if (Number(await redis.get(STOCK)) < 1) return false;
  await redis.decr(STOCK);
  return true;
};

/** A strategy whose seller is made by `make`, which may answer with the purchase alone. */
export const probe = (name, make, more = {}) => ({
  name,
  summary: 'shows one thing about the explorer',
  connection: 'shared',
  supports: ['several-units'],
  open: (redis, sale) => redis.set(STOCK, sale.stock),
  async seller(redis, sale, env) {
    const made = await make(redis, env, sale);
    const remaining = async () => Number(await redis.get(STOCK));
    return typeof made === 'function' ? { purchase: made, remaining } : { remaining, ...made };
  },
  ...more,
});

/** Units that a process takes into its memory when it starts, and puts back when it closes. */
export const lease = async (redis) => {
  const leased = { units: Number(await redis.getset(STOCK, 0)) };
  const close = async () => {
    const { units } = leased;
    leased.units = 0;
    if (units > 0) await redis.incrby(STOCK, units);
  };
  return { leased, close };
};
