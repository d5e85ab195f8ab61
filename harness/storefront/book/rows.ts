import type { BookCounts, BookedOrder, Product, ProductState } from './order-book.ts';

/** Rows of the tables, by the names of their columns, which are the same in every database. */

export interface ProductRow {
  name: string;
  stock: number;
  per_user_limit: number | null;
  strategy: string;
  state: ProductState;
  since_ms: number;
}

export const productOf = ({
  name,
  stock,
  per_user_limit: limit,
  strategy,
  state,
  since_ms,
}: ProductRow): Product => ({
  name,
  stock,
  ...(limit !== null && { perUserLimit: limit }),
  strategy,
  state,
  sinceMs: since_ms,
});

export interface OrderRow {
  product: string;
  token: string;
  buyer: string;
  units: number;
  stored_ms: number;
  /** A number where the database has no truth values. */
  released: boolean | number;
}

export const orderOf = ({ product, token, buyer, units, stored_ms, released }: OrderRow): BookedOrder => ({
  product,
  token,
  user: buyer,
  quantity: units,
  released: Boolean(released),
  storedMs: stored_ms,
});

export interface TallyRow {
  orders: number;
  units: number;
  releases: number;
  aside: number;
}

/** @param row undefined: nothing was recorded of the product */
export const countsOf = (row: TallyRow | undefined): BookCounts => ({
  orders: row?.orders ?? 0,
  units: row?.units ?? 0,
  releases: row?.releases ?? 0,
  setAside: row?.aside ?? 0,
});
