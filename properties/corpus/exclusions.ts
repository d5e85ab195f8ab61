import type { PurchaseOutcome } from '../../strategies/contract.ts';
import { DefiniteError } from '../../strategies/errors.ts';
import { changed, mutant, variant } from './parts.ts';
import { RELEASE, RESERVE, reserves, reserving } from './reserve.ts';

/** Buyers who are kept out although units are left. */

const supports = ['several-units', 'limit'] as const;

/** One purchase of a user at a time, by a mark that is taken away in the end. */
const oneAtATime =
  (mark: (string | number)[]): Parameters<typeof variant>[0]['seller'] =>
  async (redis, sale, env) => {
    const seller = await reserves.seller(redis, sale, env);
    return {
      ...seller,
      async purchase(request, lent): Promise<PurchaseOutcome> {
        const key = `{${sale.sku}}:busy:${request.userId}`;
        if ((await redis.call('SET', key, 1, 'NX', ...mark)) === null)
          return { kind: 'gave-up', attempts: 1 };
        try {
          return await seller.purchase(request, lent);
        } finally {
          await redis.del(key);
        }
      },
    };
  };

export const marksItsUserForAWhile = variant({
  name: 'marks-its-user-for-a-while',
  unlike: 'one purchase of a user at a time, by a mark that ends by itself where its process dies',
  supports,
  // Where a user asks twice at once, the second one gives up.
  holdsIn: ['calm'],
  seller: oneAtATime(['PX', 60_000]),
});

export const marksItsUserForGood = mutant({
  name: 'marks-its-user-for-good',
  mistake:
    'a mark that keeps a user from buying twice at once stays where its process dies, and keeps them out for ever',
  caught: {
    property: 'progress',
    environment: 'buyer-crash',
    scope: { buyers: 1, stock: 1, users: 1, perUserLimit: 2, faults: { crash: 1 } },
  },
  supports,
  fixed: marksItsUserForAWhile,
  seller: oneAtATime([]),
});

export const refusesWhoComesBeside = mutant({
  name: 'refuses-who-comes-beside',
  mistake: 'one lock for all, and whoever finds it taken is refused for sure, while units are left',
  caught: { property: 'progress', environment: 'calm', scope: { buyers: 2, stock: 2 } },
  fixed: reserves,
  async seller(redis, sale, env) {
    const seller = await reserves.seller(redis, sale, env);
    return {
      ...seller,
      async purchase(request, lent) {
        const key = `{${sale.sku}}:lock`;
        if ((await redis.set(key, request.requestId, 'PX', 60_000, 'NX')) === null)
          throw new DefiniteError('BUSY', 'another purchase is under way');
        try {
          return await seller.purchase(request, lent);
        } finally {
          await redis.del(key);
        }
      },
    };
  },
});

export const failsOnceItHasReleased = reserving(
  {
    name: 'fails-once-it-has-released',
    mistake: 'a release gives the units back and then fails, so that whoever asked does not know',
    caught: {
      property: 'progress',
      environment: 'release-restock',
      scope: { buyers: 1, stock: 1, releases: 1 },
    },
  },
  RESERVE,
  `${changed(RELEASE, 'return redis', 'redis')}\nreturn redis.call('SREM', KEYS[2], ARGV[1])`,
);
