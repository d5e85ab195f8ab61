import type { Client, PurchaseRequest, RecordedSale, Sale } from '../../strategies/contract.ts';
import { ledgerKey, stockKey } from '../../strategies/keys.ts';
import { mutant, variant, type Mutant } from './parts.ts';

/** When the order is written, beside the units that are taken. */

const TAKE = `
if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 'sold-out' end
redis.call('DECRBY', KEYS[1], ARGV[1]) return 'sold'`;

type Kind = 'sold' | 'sold-out';
const take = async (redis: Client, { sku }: Sale, { quantity }: PurchaseRequest): Promise<Kind> =>
  (await redis.eval(TAKE, 1, stockKey(sku), quantity)) as Kind;

const note = (redis: Client, { sku }: Sale, request: PurchaseRequest): Promise<number> =>
  redis.hset(ledgerKey(sku), request.requestId, JSON.stringify(request));

async function recorded(redis: Client, { sku }: Sale): Promise<RecordedSale[]> {
  return (await redis.hvals(ledgerKey(sku))).map((line) => JSON.parse(line) as RecordedSale);
}

export const writesTheOrderWithTheStock = variant({
  name: 'writes-the-order-with-the-stock',
  unlike: 'the order is written before the units are taken, in one script, after the look at the stock',
  holdsIn: ['calm', 'several-units', 'buyer-crash', 'script-flush'],
  seller: (redis, sale) => ({
    async purchase(request) {
      const script = TAKE.replace(
        "redis.call('DECRBY'",
        "redis.call('HSET', KEYS[2], ARGV[2], ARGV[3]) redis.call('DECRBY'",
      );
      const keys = [stockKey(sale.sku), ledgerKey(sale.sku)];
      const args = [request.quantity, request.requestId, JSON.stringify(request)];
      return { kind: (await redis.eval(script, 2, ...keys, ...args)) as Kind };
    },
    recorded: () => recorded(redis, sale),
  }),
});

const recording = (
  given: Omit<Mutant, 'fixed' | 'seller' | 'summary' | 'connection' | 'open'>,
  purchase: (redis: Client, sale: Sale, request: PurchaseRequest) => Promise<Kind>,
): Mutant =>
  mutant({
    fixed: writesTheOrderWithTheStock,
    ...given,
    seller: (redis, sale) => ({
      purchase: async (request) => ({ kind: await purchase(redis, sale, request) }),
      recorded: () => recorded(redis, sale),
    }),
  });

const ONE_CRASH = { buyers: 1, stock: 1, faults: { crash: 1 } };

export const writesTheOrderLater = recording(
  {
    name: 'writes-the-order-later',
    mistake: 'tells the buyer, and writes the order in the background',
    caught: { property: 'lost-sale', environment: 'buyer-crash', scope: ONE_CRASH },
  },
  async (redis, sale, request) => {
    const kind = await take(redis, sale, request);
    if (kind === 'sold') note(redis, sale, request).catch(() => {});
    return kind;
  },
);

export const writesTheOrderNext = recording(
  {
    name: 'writes-the-order-next',
    mistake: 'writes the order in a second step, before which the process may die with the units',
    source: 'http://wptr33.com/post/4956.html',
    caught: { property: 'stranded', environment: 'buyer-crash', scope: ONE_CRASH },
  },
  async (redis, sale, request) => {
    const kind = await take(redis, sale, request);
    if (kind === 'sold') await note(redis, sale, request);
    return kind;
  },
);

export const writesTheOrderFirst = recording(
  {
    name: 'writes-the-order-first',
    mistake: 'writes the order before it knows of any units, and leaves it there when it refuses',
    caught: { property: 'false-refusal', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  },
  async (redis, sale, request) => {
    await note(redis, sale, request);
    return take(redis, sale, request);
  },
);

export const takesBackTheOrder = recording(
  {
    name: 'takes-back-the-order',
    mistake: 'writes the order first and deletes it when it refuses, unless it dies in between',
    source: 'https://github.com/mighty840/kitchenasty/issues/55',
    caught: {
      property: 'oversell',
      environment: 'buyer-crash',
      scope: ONE_CRASH,
    },
  },
  async (redis, sale, request) => {
    await note(redis, sale, request);
    const kind = await take(redis, sale, request);
    if (kind === 'sold-out') await redis.hdel(ledgerKey(sale.sku), request.requestId);
    return kind;
  },
);

export const sendsBothInAPipeline = recording(
  {
    name: 'sends-both-in-a-pipeline',
    mistake: 'sends the decrement and the order together in a pipeline, of which half may arrive',
    source: 'https://github.com/whatyouhide/redix/issues/94',
    caught: { property: 'stranded', environment: 'buyer-crash', scope: ONE_CRASH },
  },
  async (redis, sale, request) => {
    const key = stockKey(sale.sku);
    if (Number(await redis.get(key)) < request.quantity) return 'sold-out';
    const line = JSON.stringify(request);
    await redis
      .pipeline()
      .decrby(key, request.quantity)
      .hset(ledgerKey(sale.sku), request.requestId, line)
      .exec();
    return 'sold';
  },
);

export const letsTheOrdersExpire = recording(
  {
    name: 'lets-the-orders-expire',
    mistake: 'gives the orders a time to live, as one gives a cache',
    caught: { property: 'lost-sale', environment: 'expiry', scope: { buyers: 1, stock: 1 } },
  },
  async (redis, sale, request) => {
    const script = TAKE.replace(
      "redis.call('DECRBY'",
      "redis.call('HSET', KEYS[2], ARGV[2], ARGV[3]) redis.call('EXPIRE', KEYS[2], 3600) redis.call('DECRBY'",
    );
    const keys = [stockKey(sale.sku), ledgerKey(sale.sku)];
    const args = [request.quantity, request.requestId, JSON.stringify(request)];
    return (await redis.eval(script, 2, ...keys, ...args)) as Kind;
  },
);

export const keepsOneOrderAUser = recording(
  {
    name: 'keeps-one-order-a-user',
    mistake: 'files orders by user, so that the second order of a user overwrites the first',
    caught: {
      property: 'lost-sale',
      environment: 'several-units',
      scope: { buyers: 2, stock: 3, users: 1 },
    },
  },
  async (redis, sale, request) => {
    const script = TAKE.replace(
      "redis.call('DECRBY'",
      "redis.call('HSET', KEYS[2], ARGV[2], ARGV[3]) redis.call('DECRBY'",
    );
    const keys = [stockKey(sale.sku), ledgerKey(sale.sku)];
    const args = [request.quantity, request.userId, JSON.stringify(request)];
    return (await redis.eval(script, 2, ...keys, ...args)) as Kind;
  },
);

export const namesTheBuyerBefore = recording(
  {
    name: 'names-the-buyer-before',
    mistake: 'writes orders under the user who came first: another buyer gets the goods',
    caught: { property: 'lost-sale', environment: 'calm', scope: { buyers: 2, stock: 2 } },
  },
  async (redis, sale, request) => {
    const script = TAKE.replace(
      "redis.call('DECRBY'",
      `redis.call('SETNX', KEYS[3], ARGV[4])
      redis.call('HSET', KEYS[2], ARGV[2], cjson.encode({ requestId = ARGV[2], userId = redis.call('GET', KEYS[3]), quantity = tonumber(ARGV[1]) }))
      redis.call('DECRBY'`,
    );
    const keys = [stockKey(sale.sku), ledgerKey(sale.sku), `{${sale.sku}}:first`];
    const args = [request.quantity, request.requestId, JSON.stringify(request), request.userId];
    return (await redis.eval(script, 3, ...keys, ...args)) as Kind;
  },
);
