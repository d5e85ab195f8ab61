import type { Client, Seller, SellerEnv, Strategy } from '../../strategies/contract.ts';
import { UsageError } from '../ground/errors.ts';
import type { Product } from './book/order-book.ts';

/** Lends a connection for one purchase. */
export type Lend = <T>(use: (redis: Client) => Promise<T>) => Promise<T>;

/** One seller for each product, made when it is first asked for. */
export class Sellers {
  readonly #strategy: Strategy;
  readonly #redis: Client;
  readonly #env: SellerEnv;
  readonly #made = new Map<string, Promise<Seller>>();

  constructor(strategy: Strategy, redis: Client, env: SellerEnv) {
    this.#strategy = strategy;
    this.#redis = redis;
    this.#env = env;
  }

  of(product: Pick<Product, 'name' | 'stock' | 'perUserLimit'>): Promise<Seller> {
    let seller = this.#made.get(product.name);
    if (seller === undefined) {
      seller = Promise.resolve(this.#strategy.seller(this.#redis, saleOf(product), this.#env));
      this.#made.set(product.name, seller);
      // One that could not be made is tried again.
      seller.catch(() => this.#made.delete(product.name));
    }
    return seller;
  }

  async close(): Promise<void> {
    for (const seller of this.#made.values()) await (await seller).close?.();
  }
}

export const saleOf = ({ name, stock, perUserLimit }: Pick<Product, 'name' | 'stock' | 'perUserLimit'>) => ({
  sku: name,
  stock,
  ...(perUserLimit !== undefined && { perUserLimit }),
  permanent: true as const,
});

/** @throws UsageError if orders are wanted of a strategy that records none */
export function requireOrders({ name, supports }: Strategy, orders: boolean): void {
  if (!orders || supports?.includes('orders')) return;
  throw new UsageError(
    'NO_ORDERS',
    `${name} records no orders in the step in which it sells, so that no order could be told for sure`,
    'choose lua-reserve-once, function-reserve-once or lua-coalesced, or give --no-orders to sell without orders',
  );
}

/** What the storefront needs besides. @throws UsageError if the strategy wants more than buyers */
export function requireServable({ name }: Strategy, seller: Seller): void {
  if (seller.confirm === undefined && seller.runJob === undefined) return;
  throw new UsageError(
    'NOT_SERVABLE',
    `${name} needs ${seller.confirm ? 'buyers who confirm' : 'background work'}, which the storefront does not do`,
    'choose another strategy (oversell list)',
  );
}
