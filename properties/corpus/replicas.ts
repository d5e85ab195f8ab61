import type { Client, PurchaseRequest, Sale, Strategy } from '../../strategies/contract.ts';
import { answersKey, ordersHeld, ordersKey, stockKey } from '../../strategies/keys.ts';
import { mutant, variant } from './parts.ts';

/** Who waits until replicas have a sale, and what may be wrong with that. */

const REPLICAS = 2;
const PATIENCE_MS = 100;

/** Sells to a request once. A request that holds its unit writes that again, so that a WAIT waits for it. */
const SELL = `
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then
  redis.call('HSET', KEYS[2], ARGV[1], 'sold')
  return 'sold'
end
if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[3]) then return 'sold-out' end
redis.call('DECRBY', KEYS[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], 'sold')
redis.call('XADD', KEYS[3], '0-*', 'request', ARGV[1], 'user', ARGV[2], 'quantity', ARGV[3])
return 'sold'`;
/** The same, but a request that holds its unit writes nothing. */
const SELL_AND_KEEP_QUIET = SELL.replace("redis.call('HSET', KEYS[2], ARGV[1], 'sold')", '');

interface Purchase {
  redis: Client;
  sale: Sale;
  request: PurchaseRequest;
}
type Kind = 'sold' | 'sold-out';

function argsOf({ sale: { sku }, request }: Purchase): [number, ...(string | number)[]] {
  const { requestId, userId, quantity } = request;
  return [3, stockKey(sku), answersKey(sku), ordersKey(sku), requestId, userId, quantity];
}

/** Sells and asks for the copies in one packet. */
async function sellAndWait(purchase: Purchase, script = SELL, replicas = REPLICAS): Promise<[Kind, number]> {
  const batch = purchase.redis.pipeline().eval(script, ...argsOf(purchase));
  const [[failed, kind], [, copies]] = (await batch.wait(replicas, PATIENCE_MS).exec())! as [
    [Error | null, Kind],
    [Error | null, number],
  ];
  if (failed || typeof copies !== 'number') throw failed ?? new Error('nobody knows');
  return [kind, copies];
}

const sellOnly = async (purchase: Purchase): Promise<Kind> =>
  (await purchase.redis.eval(SELL, ...argsOf(purchase))) as Kind;

function certainOf(kind: Kind, copies: number, replicas = REPLICAS): { kind: Kind } {
  if (kind === 'sold' && copies < replicas) throw new Error('nobody knows whether it lasts');
  return { kind };
}

type Way = (purchase: Purchase) => Promise<{ kind: Kind }>;
const sells = (way: Way): Pick<Strategy, 'connection' | 'supports' | 'seller'> => ({
  connection: 'exclusive',
  supports: ['several-units'],
  seller: (lobby, sale) => ({
    purchase: (request, redis) => way({ redis, sale, request }),
    remaining: async () => Number(await lobby.get(stockKey(sale.sku))),
    recorded: () => ordersHeld(lobby, sale.sku),
  }),
});

const waitsForAll = variant({
  name: 'waits-for-all-in-one-packet',
  unlike: 'the script and WAIT go in one packet, and a request that holds its unit writes that again',
  holdsIn: ['calm', 'lost-reply', 'retry', 'script-flush', 'restart', 'failover'],
  ...sells(async (purchase) => certainOf(...(await sellAndWait(purchase)))),
});
export const waitsForAllInOnePacket = waitsForAll;

const caughtWith = (faults: Record<string, number>, more = {}) =>
  ({
    property: 'lost-sale',
    environment: 'failover',
    scope: { buyers: 1, stock: 1, faults, ...more },
  }) as const;

export const ignoresWhatWaitAnswers = mutant({
  name: 'ignores-what-wait-answers',
  mistake:
    'waits for every replica, and says "sold" whatever WAIT answers: it undoes nothing and throws nothing',
  caught: caughtWith({ failover: 1 }),
  fixed: waitsForAll,
  ...sells(async (purchase) => ({ kind: (await sellAndWait(purchase))[0] })),
});

export const waitsForOneOfTwo = mutant({
  name: 'waits-for-one-of-two',
  mistake: 'waits for one replica of two, and the other one takes over',
  caught: caughtWith({ failover: 1 }),
  fixed: waitsForAll,
  ...sells(async (purchase) => certainOf(...(await sellAndWait(purchase, SELL, 1)), 1)),
});

export const waitsOnAnotherConnection = mutant({
  name: 'waits-on-another-connection',
  mistake:
    'sends WAIT once the sale is answered: where the connection broke meanwhile, it asks the server that took over, which never heard of the sale',
  caught: caughtWith({ failover: 1 }),
  fixed: waitsForAll,
  ...sells(async (purchase) => {
    const kind = await sellOnly(purchase);
    return certainOf(kind, await purchase.redis.wait(REPLICAS, PATIENCE_MS));
  }),
});

export const waitsForNothingOnARetry = mutant({
  name: 'waits-for-nothing-on-a-retry',
  mistake:
    'finds the sale when it is sent again, writes nothing, and so waits for nothing: WAIT is about what its own connection wrote',
  caught: caughtWith({ failover: 1, 'lost-reply': 1 }),
  fixed: waitsForAll,
  ...sells(async (purchase) => certainOf(...(await sellAndWait(purchase, SELL_AND_KEEP_QUIET)))),
});
