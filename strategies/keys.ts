import type { Client } from './contract.ts';
import { MissingProductError } from './errors.ts';

/**
 * Key names of one sale. The braces are Redis Cluster's hash tag: all keys of a sale live in one slot, so that
 * a script may touch them together.
 */
export const stockKey = (sku: string): string => `{${sku}}:stock`;
/** Hash: user id → units held. */
export const holdingsKey = (sku: string): string => `{${sku}}:holdings`;
/** Hash: request id → the answer that was given to it. */
export const answersKey = (sku: string): string => `{${sku}}:answers`;
/** Stream of orders, one entry a sale. */
export const ordersKey = (sku: string): string => `{${sku}}:orders`;
/** Hash: request id → what was sold to it, and to whom. */
export const ledgerKey = (sku: string): string => `{${sku}}:ledger`;

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
