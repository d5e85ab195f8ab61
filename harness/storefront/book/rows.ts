import type { BookCounts, BookedOrder, Product, ProductState } from './order-book.ts';

/** Rows of the tables, by the names of their columns, which are the same in every database. */

/** Tallies of products that have none yet, as those of a book from before there were any. */
export const COUNTED_ONCE = `INSERT INTO tallies SELECT name,
    (SELECT count(*) FROM orders WHERE product = name),
    (SELECT coalesce(sum(units), 0) FROM orders WHERE product = name)
      - (SELECT coalesce(sum(units), 0) FROM releases WHERE product = name),
    (SELECT count(*) FROM releases WHERE product = name),
    (SELECT count(*) FROM set_aside WHERE product = name)
  FROM products WHERE name NOT IN (SELECT product FROM tallies)`;

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
