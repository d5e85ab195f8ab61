import { stockKey } from '../../strategies/keys.ts';
import { mutant, variant } from './parts.ts';

/** Selling by a counter, without scripts: take first, look at what came out. */

export const countsDown = variant({
  name: 'counts-down',
  unlike: 'DECRBY, and INCRBY where it fell too low, with release and restock',
  holdsIn: ['calm', 'script-flush'],
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const left = await redis.decrby(stockKey(sku), quantity);
      if (left >= 0) return { kind: 'sold', remaining: left };
      await redis.incrby(stockKey(sku), quantity);
      return { kind: 'sold-out' };
    },
  }),
});

export const neverGivesBack = mutant({
  name: 'never-gives-back',
  mistake: 'what fell below zero stays below zero, so that units which come back are swallowed',
  source: 'https://github.com/qiurunze123/miaosha/issues/145',
  caught: {
    property: 'stranded',
    environment: 'release-restock',
    scope: { buyers: 2, stock: 1, releases: 1 },
  },
  fixed: countsDown,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const left = await redis.decrby(stockKey(sku), quantity);
      return left >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
    },
  }),
});

export const givesOneBack = mutant({
  name: 'gives-one-back',
  mistake: 'takes as many as asked for, and gives back one, with INCR',
  caught: { property: 'stranded', environment: 'several-units', scope: { buyers: 1, stock: 1 } },
  fixed: countsDown,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      if ((await redis.decrby(stockKey(sku), quantity)) >= 0) return { kind: 'sold' };
      await redis.incr(stockKey(sku));
      return { kind: 'sold-out' };
    },
  }),
});

export const refusesTheLastUnit = mutant({
  name: 'refuses-the-last-unit',
  mistake: 'compares with <= 0 where it must be < 0',
  caught: { property: 'false-refusal', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: countsDown,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const left = await redis.decrby(stockKey(sku), quantity);
      if (left > 0) return { kind: 'sold' };
      await redis.incrby(stockKey(sku), quantity);
      return { kind: 'sold-out' };
    },
  }),
});

export const takesZeroForNothing = mutant({
  name: 'takes-zero-for-nothing',
  mistake: 'asks whether the reply is truthy, which the nought after the last unit is not',
  caught: { property: 'false-refusal', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: countsDown,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const left = await redis.decrby(stockKey(sku), quantity);
      if (left) return { kind: 'sold' };
      await redis.incrby(stockKey(sku), quantity);
      return { kind: 'sold-out' };
    },
  }),
});

export const resetsToZero = mutant({
  name: 'resets-to-zero',
  mistake: 'corrects a negative counter with SET 0, which a restock may have raised meanwhile',
  source: 'https://github.com/OpenZeppelin/openzeppelin-relayer/pull/483',
  caught: {
    property: 'stranded',
    environment: 'release-restock',
    scope: { buyers: 2, stock: 1, restocks: 1 },
  },
  fixed: countsDown,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      if ((await redis.decrby(stockKey(sku), quantity)) >= 0) return { kind: 'sold' };
      await redis.set(stockKey(sku), 0);
      return { kind: 'sold-out' };
    },
  }),
});

export const givesBackWhatOthersWill = mutant({
  name: 'gives-back-what-others-will',
  mistake:
    'lifts a negative counter to zero by all that is missing, which other refused buyers give back as well',
  source: 'https://github.com/koala73/worldmonitor/issues/7272',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 3, stock: 1 } },
  fixed: countsDown,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const left = await redis.decrby(stockKey(sku), quantity);
      if (left >= 0) return { kind: 'sold' };
      await redis.incrby(stockKey(sku), -left);
      return { kind: 'sold-out' };
    },
  }),
});

export const doesNotWaitForTheReply = mutant({
  name: 'does-not-wait-for-the-reply',
  mistake: 'looks at the stock, sends the decrement and tells the buyer before it ran',
  caught: {
    property: 'oversell',
    environment: 'buyer-crash',
    scope: { buyers: 1, stock: 1, faults: { crash: 1 } },
  },
  fixed: countsDown,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      if (Number(await redis.get(stockKey(sku))) < quantity) return { kind: 'sold-out' };
      redis.decrby(stockKey(sku), quantity).catch(() => {});
      return { kind: 'sold' };
    },
  }),
});

export const restocksBySetting = mutant({
  name: 'restocks-by-setting',
  mistake: 'a restock reads the stock and writes the sum, over a sale in between',
  source: 'https://github.com/letsencrypt/boulder/issues/7780',
  caught: {
    property: 'oversell',
    environment: 'release-restock',
    scope: { buyers: 1, stock: 1, restocks: 1 },
  },
  fixed: countsDown,
  seller: (redis, sale, env) => ({
    purchase: async (...asked) => (await countsDown.seller(redis, sale, env)).purchase(...asked),
    async restock(quantity) {
      const stock = Number(await redis.get(stockKey(sale.sku)));
      await redis.set(stockKey(sale.sku), stock + quantity);
    },
  }),
});

export const restocksByJoining = mutant({
  name: 'restocks-by-joining',
  mistake: 'adds to the reply of GET, which is a text: 1 and 1 are 11',
  caught: {
    property: 'oversell',
    environment: 'release-restock',
    scope: { buyers: 1, stock: 1, restocks: 1 },
  },
  fixed: countsDown,
  seller: (redis, sale, env) => ({
    purchase: async (...asked) => (await countsDown.seller(redis, sale, env)).purchase(...asked),
    async restock(quantity) {
      const stock = await redis.get(stockKey(sale.sku));
      await redis.set(stockKey(sale.sku), stock! + quantity);
    },
  }),
});

export const sellsNPlusOne = mutant({
  name: 'sells-n-plus-one',
  mistake: 'counts sales up, and lets the one pass that finds the count equal to the stock',
  source: 'https://github.com/redis/docs/issues/3176',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: countsDown,
  open: async (redis, { sku }) => void (await redis.set(stockKey(sku), 0)),
  seller: (redis, { sku, stock }) => ({
    async purchase({ quantity }) {
      const sold = await redis.incrby(stockKey(sku), quantity);
      if (sold - quantity <= stock) return { kind: 'sold' };
      await redis.decrby(stockKey(sku), quantity);
      return { kind: 'sold-out' };
    },
    remaining: async () => stock - Number(await redis.get(stockKey(sku))),
  }),
});

const field = { take: 'stock', giveBack: 'stocks' };
export const countsDownAField = variant({
  name: 'counts-down-a-field',
  unlike: 'the stock is a field of the product, which HINCRBY counts down',
  holdsIn: ['calm'],
  open: async (redis, { sku, stock }) => void (await redis.hset(stockKey(sku), { name: 'lamp', stock })),
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const left = await redis.hincrby(stockKey(sku), field.take, -quantity);
      if (left >= 0) return { kind: 'sold', remaining: left };
      await redis.hincrby(stockKey(sku), field.take, quantity);
      return { kind: 'sold-out' };
    },
    remaining: async () => Number(await redis.hget(stockKey(sku), field.take)),
    release: async ({ quantity }) => void (await redis.hincrby(stockKey(sku), field.take, quantity)),
    restock: async (quantity) => void (await redis.hincrby(stockKey(sku), field.take, quantity)),
  }),
});

export const givesBackToAnotherField = mutant({
  name: 'gives-back-to-another-field',
  mistake: 'takes from one field of the product and gives back to a field of another name',
  caught: { property: 'stranded', environment: 'several-units', scope: { buyers: 1, stock: 1 } },
  fixed: countsDownAField,
  open: (redis, sale) => countsDownAField.open(redis, sale),
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      if ((await redis.hincrby(stockKey(sku), field.take, -quantity)) >= 0) return { kind: 'sold' };
      await redis.hincrby(stockKey(sku), field.giveBack, quantity);
      return { kind: 'sold-out' };
    },
    remaining: async () => Number(await redis.hget(stockKey(sku), field.take)),
  }),
});

export const writesTheWholeProduct = mutant({
  name: 'writes-the-whole-product',
  mistake: 'keeps the product as JSON, reads it, counts down in the process and writes all of it back',
  source: 'https://github.com/codingXiaxw/seckill/issues/16',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  fixed: countsDownAField,
  open: async (redis, { sku, stock }) =>
    void (await redis.set(stockKey(sku), JSON.stringify({ name: 'lamp', stock }))),
  seller: (redis, { sku }) => {
    const read = async (): Promise<{ stock: number }> =>
      JSON.parse((await redis.get(stockKey(sku)))!) as { stock: number };
    return {
      async purchase({ quantity }) {
        const product = await read();
        if (product.stock < quantity) return { kind: 'sold-out' };
        await redis.set(stockKey(sku), JSON.stringify({ ...product, stock: product.stock - quantity }));
        return { kind: 'sold' };
      },
      remaining: async () => (await read()).stock,
    };
  },
});

export const saturates = mutant({
  name: 'saturates',
  mistake: 'BITFIELD OVERFLOW SAT never goes below zero, so zero does not say that nothing was left',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: countsDown,
  open: async (redis, { sku, stock }) =>
    void (await redis.bitfield(stockKey(sku), 'SET', 'u32', '#0', stock)),
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const take = ['OVERFLOW', 'SAT', 'INCRBY', 'u32', '#0', -quantity] as const;
      const [left] = (await redis.bitfield(stockKey(sku), ...take)) as number[];
      return left! >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
    },
    remaining: async () => Number(((await redis.bitfield(stockKey(sku), 'GET', 'u32', '#0')) as number[])[0]),
  }),
});
