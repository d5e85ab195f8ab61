// What a seller may do that nobody thinks of; each takes rightly.
import { answer, probe, STOCK, take } from './parts.mjs';

/** Takes, and then answers in its own way. */
const answering = (name, tell) =>
  probe(name, (redis, env) => async () => tell(answer(await take(redis)), env));

export const countsInBigints = answering('counts-in-bigints', (said) => ({ ...said, left: 5n }));
export const answersInACircle = answering('answers-in-a-circle', (said) =>
  Object.assign(said, { itself: said }),
);
export const choosesLate = answering('chooses-late', (said, env) => (env.pick(2) === 0 ? said : { ...said }));
export const answersABigint = answering('answers-a-bigint', () => 5n);
export const answersACircleOnly = answering('answers-a-circle-only', () => {
  const circle = {};
  circle.itself = circle;
  return circle;
});
export const answersAFunction = answering('answers-a-function', () => () => 'sold');
export const cannotBeRead = answering('cannot-be-read', () => ({
  get kind() {
    throw new Error('not now');
  },
}));
export const throwsWithoutAText = answering('throws-without-a-text', () => {
  throw Object.create(null);
});

/** So many commands at once, on each of two connections. */
export const sendsBatches = probe('sends-batches', (redis) => async () => {
  const batch = redis.pipeline();
  for (let i = 0; i < 48; i++) batch.get('{item}:stock');
  await batch.exec();
  return answer(await take(redis));
});
const exclusive = { connection: 'exclusive' };
export const sendsBatchesOnThree = probe(
  'sends-batches-on-three',
  () => async (_, lent) => {
    const batch = lent.pipeline();
    for (let i = 0; i < 48; i++) batch.incr('{item}:noise');
    await batch.exec();
    return answer(await take(lent));
  },
  exclusive,
);

const ORDERS = '{item}:orders';
/** Takes and records in one transaction; who meets another buyer is told so by an error. */
export const givesUpByAnError = probe(
  'gives-up-by-an-error',
  (redis) => ({
    async purchase({ requestId }, lent) {
      await lent.watch(STOCK);
      const [known, left] = [await lent.hexists(ORDERS, requestId), Number(await lent.get(STOCK))];
      if (known || left < 1) {
        await lent.unwatch();
        return answer(known);
      }
      const done = await lent.multi().decr(STOCK).hset(ORDERS, requestId, 1).exec();
      if (!done) throw new Error('somebody else was faster');
      return answer(true);
    },
    recorded: async () =>
      Object.keys(await redis.hgetall(ORDERS)).map((requestId) => ({
        requestId,
        userId: requestId.replace('request', 'user'),
        quantity: 1,
      })),
  }),
  exclusive,
);
