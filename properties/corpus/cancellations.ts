import { stockKey } from '../../strategies/keys.ts';
import { mutant, variant } from './parts.ts';

/** Buyers who cancel while their purchase runs, or twice. */

const holdersKey = (sku: string): string => `{${sku}}:holders`;

/** Takes a unit for a request, once. */
const TAKE = `if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 1 end
if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[2]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[2])
return redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])`;

/** Gives back what the request has. */
const GIVE_BACK = `local units = redis.call('HGET', KEYS[2], ARGV[1])
if units then redis.call('HDEL', KEYS[2], ARGV[1]) redis.call('INCRBY', KEYS[1], units) end
return 1`;

export const givesBackWhatIsHeld = variant({
  name: 'gives-back-what-is-held',
  unlike: 'a hash of what each request has; one script takes, and one gives back what it finds there',
  holdsIn: ['calm', 'several-units', 'release-restock', 'cancel'],
  seller: (redis, { sku }) => ({
    async purchase({ requestId, quantity }) {
      const taken = await redis.eval(TAKE, 2, stockKey(sku), holdersKey(sku), requestId, quantity);
      return { kind: taken === 1 ? 'sold' : 'sold-out' };
    },
    release: async ({ requestId }) =>
      void (await redis.eval(GIVE_BACK, 2, stockKey(sku), holdersKey(sku), requestId)),
  }),
});

export const looksBeforeItGivesBack = mutant({
  name: 'looks-before-it-gives-back',
  mistake:
    'a release looks whether the request has a unit, and gives it back in another step: two at once give it back twice',
  caught: {
    property: 'oversell',
    environment: 'cancel',
    scope: { buyers: 1, stock: 1, releases: 1, faults: { cancel: 1 } },
  },
  fixed: givesBackWhatIsHeld,
  seller: (redis, { sku }) => ({
    async purchase({ requestId, quantity }) {
      const taken = await redis.eval(TAKE, 2, stockKey(sku), holdersKey(sku), requestId, quantity);
      return { kind: taken === 1 ? 'sold' : 'sold-out' };
    },
    async release({ requestId, quantity }) {
      if ((await redis.hexists(holdersKey(sku), requestId)) === 0) return;
      await redis.multi().hdel(holdersKey(sku), requestId).incrby(stockKey(sku), quantity).exec();
    },
  }),
});

export const cancelsWhatIsNotWritten = mutant({
  name: 'cancels-what-is-not-written',
  mistake:
    'writes down who has a unit only after taking it, and a release believes that whoever asks has one',
  caught: {
    property: 'oversell',
    environment: 'cancel',
    scope: { buyers: 2, stock: 1, faults: { cancel: 1 } },
  },
  fixed: givesBackWhatIsHeld,
  seller: (redis, { sku }) => ({
    async purchase({ requestId, quantity }) {
      const known = await redis.hget(holdersKey(sku), requestId);
      if (known !== null) return { kind: 'sold' };
      if ((await redis.decrby(stockKey(sku), quantity)) < 0) {
        await redis.incrby(stockKey(sku), quantity);
        return { kind: 'sold-out' };
      }
      await redis.hset(holdersKey(sku), requestId, quantity);
      return { kind: 'sold' };
    },
    async release({ requestId, quantity }) {
      if ((await redis.set(`{${sku}}:released:${requestId}`, '1', 'NX')) === null) return;
      await redis.multi().hdel(holdersKey(sku), requestId).incrby(stockKey(sku), quantity).exec();
    },
    recorded: async () =>
      Object.entries(await redis.hgetall(holdersKey(sku))).map(([requestId, units]) => ({
        requestId,
        userId: requestId.replace('request', 'user'),
        quantity: Number(units),
      })),
  }),
});
