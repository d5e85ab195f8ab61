import * as fc from 'fast-check';
import type { PurchaseRequest, Sale } from '../../strategies/contract.ts';

/** A sale and everybody who wants to buy in it. */
export interface SmallSale {
  sale: Sale;
  requests: PurchaseRequest[];
  /** Application instances; the requests are dealt out cyclically. */
  instances: number;
}

let sales = 0;

/** A product of its own, and one request per quantity; users are dealt out cyclically. */
export function smallSale(
  stock: number,
  quantities: readonly number[],
  { instances = 1, perUserLimit, users = quantities.length }: Partial<Extras> = {},
): SmallSale {
  const requests = quantities.map((quantity, i) => ({
    requestId: `r${i}`,
    userId: `u${i % users}`,
    quantity,
  }));
  const sku = `small-${++sales}`;
  return { sale: { sku, stock, ...(perUserLimit !== undefined && { perUserLimit }) }, requests, instances };
}

interface Extras {
  instances: number;
  perUserLimit: number;
  users: number;
}

/** Fewer, as many and more units than are asked for; at most `most` a purchase. */
export function smallSales({ most, limit }: { most: number; limit: boolean }): fc.Arbitrary<SmallSale> {
  return fc
    .record({
      stock: fc.integer({ min: 0, max: 12 }),
      quantities: fc.array(fc.integer({ min: 1, max: most }), { minLength: 1, maxLength: 16 }),
      instances: fc.integer({ min: 1, max: 3 }),
      perUserLimit: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ stock, quantities, instances, perUserLimit }) =>
      smallSale(stock, quantities, { instances, ...(limit && { perUserLimit, users: 3 }) }),
    );
}
