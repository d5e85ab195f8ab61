// Ids that a stream takes from the server's clock: what they tell, in a command, a transaction and a script.
import { answer, probe, STOCK, take } from './parts.mjs';

const LOG = '{item}:log';
const MS = (id) => Number(id.split('-')[0]);
const ADD = `return redis.call('XADD', KEYS[1], 'NOMKSTREAM', 'MAXLEN', '~', 100, '*', 'u', ARGV[1])`;
const ADD_ONE = `return redis.call('XADD', KEYS[1], '*', 'u', ARGV[1])`;

/** A log that each buyer writes to; who comes after a pause of another's finds its entry older than its own. */
const comparing = (name, add, ageMs) =>
  probe(name, (redis, env) => async ({ userId }) => {
    const id = await add(redis, userId);
    const [[first]] = await redis.xrange(LOG, '-', '+', 'COUNT', 1);
    await env.sleep(1_000);
    const ms = MS(id) - MS(first);
    // The hold of whoever came first is taken for dead once it is so old, as long as the sale goes on.
    if (ms >= ageMs && ms < 60_000) return answer((await redis.decr(STOCK)) > -100);
    return answer(await take(redis));
  });
const plainly = (redis, userId) => redis.xadd(LOG, '*', 'u', userId);
const inScript = (redis, userId) => redis.eval(ADD_ONE, 1, LOG, userId);
const inTransaction = async (redis, userId) => {
  const replies = await redis.multi().xadd(LOG, '*', 'u', userId).exec();
  return replies[0][1];
};
const scriptInTransaction = async (redis, userId) => {
  const replies = await redis.multi().eval(ADD_ONE, 1, LOG, userId).exec();
  return replies[0][1];
};

export const dropsByCommand = comparing('drops-by-command', plainly, 1_000);
export const keepsByCommand = comparing('keeps-by-command', plainly, 5_000);
export const dropsByScript = comparing('drops-by-script', inScript, 1_000);
export const keepsByScript = comparing('keeps-by-script', inScript, 5_000);
export const dropsByTransaction = comparing('drops-by-transaction', inTransaction, 1_000);
export const keepsByTransaction = comparing('keeps-by-transaction', inTransaction, 5_000);
export const dropsByScriptInTransaction = comparing(
  'drops-by-script-in-transaction',
  scriptInTransaction,
  1_000,
);
export const keepsByScriptInTransaction = comparing(
  'keeps-by-script-in-transaction',
  scriptInTransaction,
  5_000,
);

/** An order in the log as its unit leaves; a watched key tells whether somebody came between. */
export const logsUnderWatch = probe('logs-under-watch', (redis, env) => async ({ userId }) => {
  for (let tried = 1; tried <= 3; tried++) {
    await redis.watch(STOCK);
    if (Number(await redis.get(STOCK)) < 1) {
      await redis.unwatch();
      return answer(false);
    }
    const done = await redis.multi().decr(STOCK).xadd(LOG, '*', 'u', userId).eval(ADD, 1, LOG, userId).exec();
    if (done) return answer(true);
    await env.sleep(10);
  }
  return { kind: 'gave-up', attempts: 3 };
});

const TAKE_AND_LOG = `if redis.call('DECR', KEYS[1]) < 0 then redis.call('INCR', KEYS[1]) return 0 end
return redis.call('XADD', KEYS[2], '*', 'u', ARGV[1])`;
/** Sells in one script, and logs it. */
export const logsInOneStep = probe(
  'logs-in-one-step',
  (redis) =>
    async ({ userId }) =>
      answer((await redis.eval(TAKE_AND_LOG, 2, STOCK, LOG, userId)) !== 0),
);
