/**
 * The order book: products, and what was sold and released of them, in a database. Two implementations stand behind this
 * interface, and both keep to one suite of tests (`properties/storefront/order-book.test.ts`).
 */

/** `opening`: it is not sold yet. `closed`: its stock was lost, and nobody knows how much there should be. */
export type ProductState = 'opening' | 'open' | 'closed';

export interface Product {
  name: string;
  /** Units that were put on sale. */
  stock: number;
  perUserLimit?: number;
  /** The strategy that sells it: another keeps its memory of requests elsewhere. */
  strategy: string;
  state: ProductState;
  /** Milliseconds since the epoch at which it came into this state. */
  sinceMs: number;
}

/** One line of the stream: units sold to a token, or below zero, given back by it. */
export interface BookLine {
  product: string;
  token: string;
  user: string;
  quantity: number;
  /** The entry of the stream that it came with; ids begin anew where the stream was lost. */
  entry: string;
}

/** What cannot be an order, or contradicts one. It is kept for a person to look at. */
export interface SetAside {
  product: string;
  entry: string;
  /** As JSON. */
  content: string;
  reason: string;
}

export interface BookedOrder {
  product: string;
  token: string;
  user: string;
  quantity: number;
  released: boolean;
  /** Milliseconds since the epoch. */
  storedMs: number;
}

/** Of one product. */
export interface BookCounts {
  orders: number;
  /** Units sold, less those that were released. */
  units: number;
  releases: number;
  setAside: number;
}

/** What one call of `record` wrote; what was there already counts for nothing. */
export interface Recorded {
  orders: number;
  releases: number;
  setAside: number;
}

export interface OrderBook {
  /** For people, without a login: "orders.db". */
  readonly description: string;
  /** Adds a product unless there is one of that name. @returns the one that is there now */
  addProduct(product: Product): Promise<{ product: Product; added: boolean }>;
  findProduct(name: string): Promise<Product | undefined>;
  /** In the order in which they were added. */
  products(): Promise<Product[]>;
  /** @returns whether it was in the state `from` */
  moveProduct(name: string, from: ProductState, to: Pick<Product, 'state' | 'sinceMs'>): Promise<boolean>;
  /** The units on sale of a product that is opened again. */
  setStock(name: string, stock: number): Promise<void>;
  /**
   * Writes all of it in one transaction, durably, or nothing. An order is written once: its key is (product, token), and
   * so is that of a release. What is there already stays as it is; a line that contradicts it is set aside.
   *
   * @throws DataError if a line is one that the database refuses for what it is; anything else may pass
   */
  record(lines: readonly BookLine[], aside: readonly SetAside[]): Promise<Recorded>;
  find(product: string, token: string): Promise<BookedOrder | undefined>;
  /** The latest orders of all products, the newest first. */
  latest(most: number): Promise<BookedOrder[]>;
  /** The orders of a product by token, released ones too, after a token; '' for the first ones. */
  page(product: string, after: string, most: number): Promise<BookedOrder[]>;
  counts(product: string): Promise<BookCounts>;
  setAside(most: number): Promise<SetAside[]>;
  /** @throws if the database does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The database refuses a value for what it is, now and whenever it is tried again. */
export class DataError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataError';
  }
}

/** Why a line is set aside whose key is taken by another one. */
export const CONFLICT = 'the token has an order of another user or quantity';
