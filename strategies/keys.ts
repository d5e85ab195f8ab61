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
