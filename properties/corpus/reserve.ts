import { checkRequest, type Client, type PurchaseOutcome, type Seller } from '../../strategies/contract.ts';
import { answersKey, holdingsKey, stockKey } from '../../strategies/keys.ts';
import { mutant, variant, type Mutant } from './parts.ts';

/** One script sells, another takes back: right, and the base of many mutants. */

export const RESERVE = `
-- KEYS stock, holdings (user -> units), answers (request -> units and user)   ARGV request, user, quantity, limit or ''
local quantity, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
local stock = redis.call('GET', KEYS[1])
if not stock then return redis.error_reply('MISSING no such product') end
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1 then return 'sold' end
local held = tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or 0)
if limit and held + quantity > limit then return 'limit-reached' end
if tonumber(stock) < quantity then return 'sold-out' end
redis.call('DECRBY', KEYS[1], quantity)
redis.call('HINCRBY', KEYS[2], ARGV[2], quantity)
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3] .. ' ' .. ARGV[2])
return 'sold'`;

export const RELEASE = `
-- KEYS and ARGV as above
if redis.call('HDEL', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[2], ARGV[2], -tonumber(ARGV[3]))
return redis.call('INCRBY', KEYS[1], ARGV[3])`;

const keysOf = (sku: string): string[] => [stockKey(sku), holdingsKey(sku), answersKey(sku)];

/** What the scripts do, and nothing more. */
export const selling =
  (reserve: string, release = RELEASE): Parameters<typeof variant>[0]['seller'] =>
  (redis, { sku, perUserLimit = '' }) => {
    const keys = keysOf(sku);
    return {
      async purchase(request) {
        checkRequest(request);
        const { requestId, userId, quantity } = request;
        const kind = await redis.eval(
          reserve,
          keys.length,
          ...keys,
          requestId,
          userId,
          quantity,
          perUserLimit,
        );
        return { kind } as PurchaseOutcome;
      },
      async release({ requestId, userId, quantity }) {
        await redis.eval(release, keys.length, ...keys, requestId, userId, quantity);
      },
      recorded: () => recordedIn(redis, sku),
    };
  };

async function recordedIn(redis: Client, sku: string): ReturnType<NonNullable<Seller['recorded']>> {
  return Object.entries(await redis.hgetall(answersKey(sku))).map(([requestId, line]) => {
    const [units, userId] = line.split(' ') as [string, string];
    return { requestId, userId, quantity: Number(units) };
  });
}

const supports = ['several-units', 'limit'] as const;

export const reserves = variant({
  name: 'reserves',
  unlike:
    'EVAL each time instead of EVALSHA; the ledger is the memory of requests; an error reply for a missing product',
  supports,
  holdsIn: [
    'calm',
    'several-units',
    'release-restock',
    'buyer-crash',
    'lost-reply',
    'retry',
    'script-flush',
    'expiry',
    'hostile-input',
    'restart',
  ],
  seller: selling(RESERVE),
});

/** The right scripts, or what is given in their stead. */
export const reserving = (
  given: Omit<Mutant, 'fixed' | 'seller' | 'summary' | 'connection' | 'open'>,
  reserve: string,
  release?: string,
): Mutant => mutant({ supports, fixed: reserves, ...given, seller: selling(reserve, release) });
