import { stockKey } from '../../strategies/keys.ts';
import { mutant, variant } from './parts.ts';

/** A stock that is spread over several keys, or over tokens. */

const BUCKETS = 2;
const bucketKey = (sku: string, bucket: number): string => `${stockKey(sku)}:${bucket}`;
const share = (stock: number, bucket: number): number =>
  Math.floor(stock / BUCKETS) + (bucket < stock % BUCKETS ? 1 : 0);
const TAKE = `
if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[1]) return 1`;

export const triesEveryBucket = variant({
  name: 'tries-every-bucket',
  unlike: 'the stock lies in two buckets; a buyer starts at one of them and goes on to the other',
  supports: [],
  holdsIn: ['calm', 'script-flush'],
  async open(redis, { sku, stock }) {
    for (let b = 0; b < BUCKETS; b++) await redis.set(bucketKey(sku, b), share(stock, b));
  },
  seller: (redis, { sku }, env) => ({
    async purchase({ quantity }) {
      const first = env.pick(BUCKETS);
      for (let i = 0; i < BUCKETS; i++) {
        const bucket = (first + i) % BUCKETS;
        if ((await redis.eval(TAKE, 1, bucketKey(sku, bucket), quantity)) === 1) return { kind: 'sold' };
      }
      return { kind: 'sold-out' };
    },
    remaining: async () =>
      Number(await redis.get(bucketKey(sku, 0))) + Number(await redis.get(bucketKey(sku, 1))),
    release: async ({ quantity }) => void (await redis.incrby(bucketKey(sku, 0), quantity)),
    restock: async (quantity) => void (await redis.incrby(bucketKey(sku, 1), quantity)),
  }),
});

export const triesOneBucket = mutant({
  name: 'tries-one-bucket',
  mistake: 'a buyer who draws an empty bucket is told sold out, whatever the others hold',
  supports: [],
  caught: { property: 'false-refusal', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: triesEveryBucket,
  open: (redis, sale) => triesEveryBucket.open(redis, sale),
  seller: (redis, { sku }, env) => ({
    async purchase({ quantity }) {
      const key = bucketKey(sku, env.pick(BUCKETS));
      return { kind: (await redis.eval(TAKE, 1, key, quantity)) === 1 ? 'sold' : 'sold-out' };
    },
  }),
});

export const losesTheRemainder = mutant({
  name: 'loses-the-remainder',
  mistake: 'deals the stock out to the buckets in equal shares, and what does not divide to none',
  supports: [],
  caught: { property: 'stranded', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: triesEveryBucket,
  async open(redis, { sku, stock }) {
    for (let b = 0; b < BUCKETS; b++) await redis.set(bucketKey(sku, b), Math.floor(stock / BUCKETS));
  },
  seller: (redis, sale, env) => triesEveryBucket.seller(redis, sale, env),
});

const tokens = (stock: number): number[] => Array.from({ length: stock }, (_, i) => i + 1);
const POP = `
if redis.call('LLEN', KEYS[1]) < tonumber(ARGV[1]) then return 'sold-out' end
redis.call('LPOP', KEYS[1], ARGV[1]) return 'sold'`;

export const popsTokens = variant({
  name: 'pops-tokens',
  unlike: 'a list of tokens, one a unit, of which a script pops as many as asked for, or none',
  holdsIn: ['calm', 'several-units', 'release-restock', 'script-flush'],
  async open(redis, { sku, stock }) {
    if (stock > 0) await redis.rpush(stockKey(sku), ...tokens(stock));
  },
  seller(redis, { sku }) {
    const add = async (units: number): Promise<void> =>
      void (await redis.rpush(stockKey(sku), ...tokens(units)));
    return {
      async purchase({ quantity }) {
        return { kind: (await redis.eval(POP, 1, stockKey(sku), quantity)) as 'sold' | 'sold-out' };
      },
      remaining: () => redis.llen(stockKey(sku)),
      release: ({ quantity }) => add(quantity),
      restock: add,
    };
  },
});

export const popsOneByOne = mutant({
  name: 'pops-one-by-one',
  mistake: 'pops token after token, and keeps those that it has when there is none left for the next unit',
  caught: { property: 'stranded', environment: 'several-units', scope: { buyers: 1, stock: 1 } },
  fixed: popsTokens,
  open: (redis, sale) => popsTokens.open(redis, sale),
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      for (let unit = 0; unit < quantity; unit++) {
        if ((await redis.lpop(stockKey(sku))) === null) return { kind: 'sold-out' };
      }
      return { kind: 'sold' };
    },
    remaining: () => redis.llen(stockKey(sku)),
  }),
});

export const popsWhatThereIs = mutant({
  name: 'pops-what-there-is',
  mistake:
    'LPOP with a count answers with fewer tokens where there are fewer, and any answer counts as all of them',
  caught: { property: 'oversell', environment: 'several-units', scope: { buyers: 1, stock: 1 } },
  fixed: popsTokens,
  open: (redis, sale) => popsTokens.open(redis, sale),
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      return { kind: (await redis.lpop(stockKey(sku), quantity)) === null ? 'sold-out' : 'sold' };
    },
    remaining: () => redis.llen(stockKey(sku)),
  }),
});
