import * as fc from 'fast-check';
import type { PurchaseRequest, Sale } from '../strategies/contract.ts';

/** A small sale and everybody who wants to buy in it. */
export interface SmallSale {
  sale: Sale;
  requests: PurchaseRequest[];
  /** Application instances; request i goes to instance i modulo this. */
  instances: number;
}

interface Scope {
  /** Largest quantity of one purchase. */
  most: number;
  /** Whether users come back for more, within a limit. */
  limit?: boolean;
}

let sales = 0;

/** Sales with fewer, as many and more units than are asked for; each with a product of its own. */
export function smallSales({ most, limit = false }: Scope): fc.Arbitrary<SmallSale> {
  const users = limit ? 3 : Infinity;
  return fc
    .record({
      stock: fc.integer({ min: 0, max: 12 }),
      quantities: fc.array(fc.integer({ min: 1, max: most }), { minLength: 1, maxLength: 16 }),
      perUserLimit: fc.integer({ min: 1, max: 6 }),
      instances: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ stock, quantities, perUserLimit, instances }) => ({
      sale: { sku: `sale-${++sales}`, stock, ...(limit && { perUserLimit }) },
      requests: quantities.map((quantity, i) => ({
        requestId: `r${i}`,
        userId: `u${users === Infinity ? i : i % users}`,
        quantity,
      })),
      instances,
    }));
}
