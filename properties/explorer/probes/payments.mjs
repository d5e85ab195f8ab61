// Buyers who pay for what they hold, and give it back: before, after, and at once.
import { answer, probe, STOCK } from './parts.mjs';

const [HELD, PAID, LEAVING] = ['{item}:held', '{item}:paid', '{item}:leaving'];
const TAKE = `if redis.call('SISMEMBER', KEYS[2], ARGV[1]) + redis.call('SISMEMBER', KEYS[3], ARGV[1]) > 0 then return 1 end
if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECR', KEYS[1]) redis.call('SADD', KEYS[2], ARGV[1]) return 1`;
const PAY = `if redis.call('SISMEMBER', KEYS[3], ARGV[1]) == 1 then return 1 end
return redis.call('SMOVE', KEYS[2], KEYS[3], ARGV[1])`;
const FREE = `if redis.call('SREM', KEYS[2], ARGV[1]) + redis.call('SREM', KEYS[3], ARGV[1]) > 0 then
redis.call('INCR', KEYS[1]) end return 1`;
/** Forgets who paid without giving their unit back. */
const FORGET = `if redis.call('SREM', KEYS[2], ARGV[1]) == 1 then redis.call('INCR', KEYS[1]) end
redis.call('SREM', KEYS[3], ARGV[1]) return 1`;

const tooLate = () => Object.assign(new Error('the hold is gone'), { definite: true });
const paying = (name, { release, confirm }) =>
  probe(name, (redis) => {
    const run = (script, { requestId }) => redis.eval(script, 3, STOCK, HELD, PAID, requestId);
    return {
      purchase: async (request) => answer((await run(TAKE, request)) === 1),
      confirm: async (request) => {
        await confirm?.(redis);
        if ((await run(PAY, request)) === 0) throw tooLate();
      },
      release: (request) =>
        release(
          redis,
          () => run(FREE, request),
          () => run(FORGET, request),
        ),
    };
  });

export const givesBackWhatWasPaid = paying('gives-back-what-was-paid', { release: (_redis, free) => free() });
export const forgetsWhatWasPaid = paying('forgets-what-was-paid', {
  release: (_redis, _free, forget) => forget(),
});

/** A release is under way for two commands: what a confirm does that comes between shows whether one can. */
const leaving = async (redis, free) => {
  await redis.set(LEAVING, 1);
  await free();
  await redis.del(LEAVING);
};
export const looksWhoLeaves = paying('looks-who-leaves', {
  release: leaving,
  confirm: (redis) => redis.get(LEAVING),
});
export const sellsWhatIsLeft = paying('sells-what-is-left', {
  release: leaving,
  confirm: async (redis) => (await redis.get(LEAVING)) !== null && redis.incrby(STOCK, 2),
});
