import type { PurchaseOutcome } from '../../strategies/contract.ts';
import { holdingsKey } from '../../strategies/keys.ts';
import { changed, mutant, type Smallest } from './parts.ts';
import { RELEASE, RESERVE, reserves, reserving, selling } from './reserve.ts';

/** A limit per user, kept wrongly. */

/** One user with a limit of three units: two of three purchases. */
const oneUser = (buyers: number, stock: number): Smallest => ({ buyers, stock, users: 1, perUserLimit: 3 });
/** The first purchase alone, of two units, which is the limit. */
const oneOfTwo = (stock: number): Smallest => ({ buyers: 1, stock, users: 2, perUserLimit: 2 });
const KNOWN = "if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1 then return 'sold' end\n";
const LIMIT = 'if limit and held + quantity > limit';
const HELD = "redis.call('HINCRBY', KEYS[2], ARGV[2], quantity)";

export const limitIsForgotten = reserving(
  {
    name: 'limit-is-forgotten',
    mistake: 'accepts a sale with a limit per user, and never looks at it',
    caught: { property: 'user-limit', environment: 'several-units', scope: oneOfTwo(3) },
  },
  changed(RESERVE, LIMIT, 'if false'),
);

export const limitCountsPurchases = reserving(
  {
    name: 'limit-counts-purchases',
    mistake: 'counts one for each purchase, where the limit is one of units',
    caught: { property: 'user-limit', environment: 'several-units', scope: oneOfTwo(3) },
  },
  changed(RESERVE, HELD, "redis.call('HINCRBY', KEYS[2], ARGV[2], 1)"),
);

export const limitIgnoresWhatIsAskedFor = reserving(
  {
    name: 'limit-ignores-what-is-asked-for',
    mistake: 'asks whether the user has reached the limit, not whether this purchase would go beyond it',
    caught: { property: 'user-limit', environment: 'several-units', scope: oneUser(3, 4) },
  },
  changed(RESERVE, LIMIT, 'if limit and held >= limit'),
);

export const limitIsMetTooEarly = reserving(
  {
    name: 'limit-is-met-too-early',
    mistake: 'refuses the purchase that reaches the limit: >= where it must be >',
    caught: {
      property: 'false-refusal',
      environment: 'several-units',
      scope: { buyers: 1, stock: 1, users: 2, perUserLimit: 2 },
    },
  },
  changed(RESERVE, LIMIT, 'if limit and held + quantity >= limit'),
);

export const limitSeesTheLastPurchase = reserving(
  {
    name: 'limit-sees-the-last-purchase',
    mistake: 'writes what the user bought last over what the user has',
    caught: { property: 'user-limit', environment: 'several-units', scope: oneUser(1, 4) },
  },
  changed(RESERVE, HELD, "redis.call('HSET', KEYS[2], ARGV[2], quantity)"),
);

export const limitOfTheRequest = reserving(
  {
    name: 'limit-of-the-request',
    mistake: 'adds to the field of the request what it reads from the field of the user',
    caught: { property: 'user-limit', environment: 'several-units', scope: oneOfTwo(3) },
  },
  changed(RESERVE, HELD, "redis.call('HINCRBY', KEYS[2], ARGV[1], quantity)"),
);

export const limitForAllUsers = reserving(
  {
    name: 'limit-for-all-users',
    mistake: 'one field counts the units of all users together',
    caught: {
      property: 'false-refusal',
      environment: 'several-units',
      scope: { buyers: 2, stock: 1, users: 2, perUserLimit: 2 },
    },
  },
  changed(
    changed(RESERVE, "'HGET', KEYS[2], ARGV[2]", "'HGET', KEYS[2], 'sold'"),
    HELD,
    "redis.call('HINCRBY', KEYS[2], 'sold', quantity)",
  ),
);

export const limitCountsTheRefused = reserving(
  {
    name: 'limit-counts-the-refused',
    mistake:
      'adds to what the user has before it looks at the stock, and leaves it there for who is told sold out',
    caught: { property: 'false-refusal', environment: 'several-units', scope: oneOfTwo(1) },
  },
  changed(
    changed(RESERVE, `${HELD}\n`, ''),
    'if tonumber(stock) < quantity',
    `${HELD}\nif tonumber(stock) < quantity`,
  ),
);

export const asksTheLimitFirst = reserving(
  {
    name: 'asks-the-limit-first',
    mistake:
      'looks at the limit before it looks whether this request has its unit already, which counts against it',
    caught: {
      property: 'false-refusal',
      environment: 'lost-reply',
      scope: { buyers: 2, stock: 2, users: 1, perUserLimit: 2, faults: { 'lost-reply': 1 } },
    },
  },
  changed(
    changed(RESERVE, KNOWN, ''),
    'if tonumber(stock) < quantity',
    `${KNOWN}if tonumber(stock) < quantity`,
  ),
);

export const limitForgetsReleases = reserving(
  {
    name: 'limit-forgets-releases',
    mistake: 'a release gives the units back to the stock, and leaves them with the user',
    caught: {
      property: 'false-refusal',
      environment: 'release-restock',
      scope: { buyers: 1, stock: 2, users: 1, perUserLimit: 2, releases: 1 },
    },
  },
  RESERVE,
  changed(RELEASE, "redis.call('HINCRBY', KEYS[2], ARGV[2], -tonumber(ARGV[3]))\n", ''),
);

export const releaseClearsTheUser = reserving(
  {
    name: 'release-clears-the-user',
    mistake: 'a release deletes all that the user is known to have',
    caught: {
      property: 'user-limit',
      environment: 'release-restock',
      scope: { buyers: 2, stock: 3, users: 1, perUserLimit: 2, releases: 1 },
    },
  },
  RESERVE,
  changed(
    RELEASE,
    "redis.call('HINCRBY', KEYS[2], ARGV[2], -tonumber(ARGV[3]))",
    "redis.call('HDEL', KEYS[2], ARGV[2])",
  ),
);

export const limitIsLookedUpBefore = mutant({
  name: 'limit-is-looked-up-before',
  mistake: 'the limit is checked before the script runs, in a step of its own',
  source: 'https://github.com/linlinjava/litemall/issues/581',
  supports: ['several-units', 'limit'],
  caught: { property: 'user-limit', environment: 'several-units', scope: oneUser(3, 4) },
  fixed: reserves,
  async seller(redis, sale, env) {
    const { perUserLimit = Infinity, ...unlimited } = sale;
    const seller = await reserves.seller(redis, unlimited, env);
    return {
      ...seller,
      async purchase(request, lent) {
        const held = Number(await redis.hget(holdingsKey(sale.sku), request.userId));
        if (held + request.quantity > perUserLimit) return { kind: 'limit-reached' };
        return seller.purchase(request, lent);
      },
    };
  },
});

/** As `reserves` sells, but for the limit. */
const sellsWithoutLimit = selling(changed(changed(RESERVE, LIMIT, 'if false'), HELD, ''));

export const limitIsUsedUpFirst = mutant({
  name: 'limit-is-used-up-first',
  mistake: 'counts the purchase against the limit in a step of its own, and dies before it takes the unit',
  caught: {
    property: 'false-refusal',
    environment: 'buyer-crash',
    scope: { buyers: 1, stock: 2, users: 1, perUserLimit: 2, faults: { crash: 1 } },
  },
  fixed: reserves,
  supports: ['several-units', 'limit'],
  async seller(redis, sale, env) {
    const { sku, perUserLimit = Infinity } = sale;
    const seller = await sellsWithoutLimit(redis, sale, env);
    return {
      ...seller,
      async purchase(request, lent) {
        const count = (by: number) => redis.hincrby(`${holdingsKey(sku)}:users`, request.userId, by);
        const counted = await count(request.quantity);
        const outcome: PurchaseOutcome =
          counted > perUserLimit ? { kind: 'limit-reached' } : await seller.purchase(request, lent);
        if (outcome.kind !== 'sold') await count(-request.quantity);
        return outcome;
      },
    };
  },
});

export const limitRisesWithACancel = reserving(
  {
    name: 'limit-rises-with-a-cancel',
    mistake: 'a release takes the purchase off the limit before it looks whether there was one',
    caught: {
      property: 'user-limit',
      environment: 'cancel',
      scope: { buyers: 1, stock: 2, users: 1, perUserLimit: 1, faults: { cancel: 1 } },
    },
  },
  RESERVE,
  `
redis.call('HINCRBY', KEYS[2], ARGV[2], -tonumber(ARGV[3]))
if redis.call('HDEL', KEYS[3], ARGV[1]) == 0 then return 0 end
return redis.call('INCRBY', KEYS[1], ARGV[3])`,
);
