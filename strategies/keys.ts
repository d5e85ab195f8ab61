import {
  checkUnits,
  type Client,
  type RecordedSale,
  type RememberedSale,
  type Restored,
  type Sale,
} from './contract.ts';
import { MissingProductError } from './errors.ts';
import { Script } from './script.ts';

/**
 * Key names of one sale. The braces are Redis Cluster's hash tag: all keys of a sale live in one slot, so that
 * a script may touch them together.
 */
export const stockKey = (sku: string): string => `{${sku}}:stock`;
/** Counter: units that were asked for, granted or not. */
export const soldKey = (sku: string): string => `{${sku}}:sold`;
/** Tokens that are for sale, one a unit. */
export const tokensKey = (sku: string): string => `{${sku}}:tokens`;
/** List: tokens that were taken. */
export const takenKey = (sku: string): string => `{${sku}}:taken`;
/** Counter: tokens that were ever put on sale. */
export const mintedKey = (sku: string): string => `{${sku}}:minted`;
/** Hash: user id → units held. */
export const holdingsKey = (sku: string): string => `{${sku}}:holdings`;
/** Hash: request id → units sold to it and user id, as `2 alice`; `-2 alice` once released for good, `-0 alice` unsold. */
export const answersKey = (sku: string): string => `{${sku}}:answers`;
/**
 * Stream of orders. An entry has one or more of: request, user, quantity, which is below zero where the units were
 * given back.
 */
export const ordersKey = (sku: string): string => `{${sku}}:orders`;
/** Hash: request id → units sold to it and user id, as `2 alice`; `-2 alice` once released for good, `-0 alice` unsold. */
export const ledgerKey = (sku: string): string => `{${sku}}:ledger`;
/** Hash: request id → what is on hold for it, and for whom. */
export const holdsKey = (sku: string): string => `{${sku}}:holds`;
/** Sorted set: request ids by the moment at which their hold ends, in ms. */
export const deadlinesKey = (sku: string): string => `{${sku}}:deadlines`;
/** Hash: instance → number of its last lease and units taken for it, as `3 64`; `instances` counts them. */
export const leasesKey = (sku: string): string => `{${sku}}:leases`;
/** Hash: request id → `waiting`, or what was decided: `sold 2 alice`, `sold-out`, `withdrawn`, … */
export const decisionsKey = (sku: string): string => `{${sku}}:decisions`;
/** Stream of requests that wait for a decision: request, user, quantity. */
export const queueKey = (sku: string): string => `{${sku}}:queue`;
/** String with an expiry: the token of whoever holds the lock. */
export const lockKey = (sku: string): string => `{${sku}}:lock`;
/** Part of the stock. Each has a hash tag of its own, so that a cluster spreads them. */
export const bucketKey = (sku: string, bucket: number): string => `{${sku}:${bucket}}:stock`;

/** Opens the sale: all its stock is there, or, in a permanent one that is open already, what is left of it. */
export async function setStock(redis: Client, { sku, stock, permanent }: Sale): Promise<void> {
  await (permanent ? redis.set(stockKey(sku), stock, 'NX') : redis.set(stockKey(sku), stock));
}

/**
 * Units left, as the stock key says.
 *
 * @throws MissingProductError if there is no such key
 */
export async function stockLeft(redis: Client, sku: string): Promise<number> {
  const stock = await redis.get(stockKey(sku));
  if (stock === null) throw new MissingProductError(sku);
  return Number(stock);
}

let putOnSale: Script | undefined;

/**
 * Puts units on sale, beside those that are.
 *
 * @param key where, if not under the stock key
 * @throws InvalidInputError unless there are units; MissingProductError if there is no such key: this opens no sale
 */
export async function addStock(
  redis: Client,
  sku: string,
  units: number,
  key = stockKey(sku),
): Promise<void> {
  checkUnits('quantity', units, 1);
  putOnSale ??= new Script(import.meta.resolve('#lua/put-on-sale.lua'));
  if ((await putOnSale.run(redis, [key], [units])) === null) throw new MissingProductError(sku);
}

/** What each request holds by the ledger. */
export async function ledgerHeld(redis: Client, sku: string): Promise<RecordedSale[]> {
  return Object.entries(await redis.hgetall(ledgerKey(sku))).flatMap(([requestId, line]) => {
    const { released, ...sale } = saleIn(line);
    return released ? [] : [{ requestId, ...sale }];
  });
}

/** What the hash at `key` has of a request. */
export async function remembered(
  redis: Client,
  key: string,
  requestId: string,
): Promise<RememberedSale | undefined> {
  const line = await redis.hget(key, requestId);
  return line === null ? undefined : saleIn(line);
}

function saleIn(line: string): RememberedSale {
  const [units = '', ...user] = line.split(' ');
  const quantity = Number(units);
  return { userId: user.join(' '), quantity: Math.abs(quantity), released: line.startsWith('-') };
}

let restoreSales: Script | undefined;

/** Puts back what the hashes have forgotten of these sales. `answers`: the key of what each request was sold */
export async function restored(
  redis: Client,
  holdings: string,
  answers: string,
  sales: readonly Restored[],
): Promise<void> {
  restoreSales ??= new Script(import.meta.resolve('#lua/restore-sales.lua'));
  for (let i = 0; i < sales.length; i += PAGE) {
    const args = sales
      .slice(i, i + PAGE)
      .flatMap(({ requestId, userId, quantity, released }) => [
        requestId,
        userId,
        released ? -quantity : quantity,
      ]);
    await restoreSales.run(redis, [holdings, answers], args);
  }
}

const PAGE = 1000;

/** What each request holds by the stream of orders: its sales less its releases. */
export async function ordersHeld(redis: Client, sku: string): Promise<RecordedSale[]> {
  const held = new Map<string, RecordedSale>();
  for (let after = '-'; ;) {
    const page = await redis.xrange(ordersKey(sku), after, '+', 'COUNT', PAGE);
    for (const [id, fields] of page) {
      for (let i = 0; i < fields.length; i += 6) {
        const [, requestId = '', , userId = '', , units] = fields.slice(i, i + 6);
        const quantity = (held.get(requestId)?.quantity ?? 0) + Number(units);
        if (quantity === 0) held.delete(requestId);
        else held.set(requestId, { requestId, userId, quantity });
      }
      after = `(${id}`;
    }
    if (page.length < PAGE) return [...held.values()];
  }
}
