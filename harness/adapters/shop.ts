import type { Redis } from 'ioredis';
import type { PurchaseRequest, Sale, Strategy } from '../../strategies/contract.ts';
import type { Answers } from './answers.ts';

/** One line of what a shop remembers: a user who holds one unit, or who holds how many, by which request if it knows. */
export type Order = string | { userId: string; requestId?: string; quantity?: number };

type MaybePromise<T> = T | Promise<T>;

/**
 * How a shop sells, by its own functions.
 *
 * @typeParam R the client that its functions take: as they declare it. They may use another one that they make themselves
 */
export interface Shop<R = Redis> {
  /** Once per sale: creates the product with `sale.stock` units of it. */
  open(redis: R, sale: Sale): unknown;
  /** One purchase. What it returns or throws is read by the table of harness/adapters/README.md, and by `answers`. */
  buy(redis: R, sale: Sale, request: PurchaseRequest): unknown;
  /** Units that can still be bought: a number, or a text of digits; null where nothing is on sale. */
  left(redis: R, sale: Sale): MaybePromise<number | string | null>;
  /** What the shop remembers as sold. Absent: there is no ledger, and lost sales are not seen. */
  orders?(redis: R, sale: Sale): MaybePromise<Iterable<Order>>;
  /** Gives back what a request was sold. */
  release?(redis: R, sale: Sale, request: PurchaseRequest): unknown;
  restock?(redis: R, sale: Sale, quantity: number): unknown;
  /** The buyer paid: where it exists, `sold` is a hold. @returns false when it is too late, and the buyer is refunded */
  confirm?(redis: R, sale: Sale, request: PurchaseRequest): unknown;
  /** One bounded pass of background work. @returns true where it did something */
  job?(redis: R, sale: Sale): unknown;
  close?(redis: R, sale: Sale): unknown;
  answers?: Answers;
}

/** What a strategy says of itself; the rest follows from the shop. */
export type AdapterOptions = Partial<
  Pick<Strategy, 'name' | 'summary' | 'connection' | 'supports' | 'needs' | 'client' | 'guarantees'>
>;
