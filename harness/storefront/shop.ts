import type { Client, Seller, Strategy } from '../../strategies/contract.ts';
import type {
  AnswerCode,
  Ledger,
  OrderState,
  ProductRequest,
  PurchaseBody,
  StorefrontAnswer,
} from '../documents/storefront.ts';
import type { Clock } from '../ground/ambient.ts';
import type { OrderBook, Product } from './book/order-book.ts';
import type { Catalogue, Seen } from './catalogue.ts';
import { ordersOf, pagesOf } from './ledger.ts';
import { failureCode, OUTCOMES } from './outcomes.ts';
import { saleOf, type Lend, type Sellers } from './sellers.ts';

/** An answer without its words. */
export type Told = Omit<StorefrontAnswer, 'message'>;

export interface ShopParts {
  strategy: Strategy;
  redis: Client;
  /** Lends the connection of a purchase. */
  lend: Lend;
  sellers: Sellers;
  book: OrderBook;
  catalogue: Catalogue;
  clock: Clock;
}

/**
 * What the storefront does, without HTTP. Whether a unit is sold is decided by the strategy alone, in its one step: what
 * the catalogue and the order book say comes from before or after.
 */
export class Shop {
  readonly parts: ShopParts;

  constructor(parts: ShopParts) {
    this.parts = parts;
  }

  /** The same product again is no other product, and its stock is left as it is. */
  async addProduct({ name, stock, perUserLimit }: ProductRequest): Promise<Told> {
    const { book, catalogue, redis, strategy, clock } = this.parts;
    const wanted: Product = {
      name,
      stock,
      ...(perUserLimit !== undefined && { perUserLimit }),
      strategy: strategy.name,
      state: 'opening',
      sinceMs: clock.epochMs(),
    };
    const { product, added } = await book.addProduct(wanted);
    if (product.stock !== stock || product.perUserLimit !== perUserLimit) return { code: 'other-product' };
    if (product.strategy !== strategy.name) return { code: 'unavailable' };
    if (product.state === 'opening') {
      // Nothing has been sold of it. Who opens it at the same time, or was killed in doing so, wrote this very stock,
      // and a permanent sale keeps the stock that it has.
      await strategy.open(redis, saleOf(product));
      await book.moveProduct(name, 'opening', { state: 'open', sinceMs: clock.epochMs() });
      catalogue.forget(name);
    }
    return this.#withProduct(added ? 'created' : 'same-product', name);
  }

  async product(name: string): Promise<Told> {
    return this.#withProduct('success', name);
  }

  async #withProduct(code: AnswerCode, name: string): Promise<Told> {
    const { catalogue } = this.parts;
    const seen = await catalogue.find(name);
    if (seen === undefined) return { code: 'unknown-product' };
    const { product, ageMs } = seen;
    const { stock, perUserLimit, state } = product;
    const left = state === 'open' ? await this.left(product) : undefined;
    return {
      code,
      product: {
        name,
        stock,
        ...(perUserLimit !== undefined && { perUserLimit }),
        state,
        ...(left !== undefined && { left }),
        catalogue: { ageMs: Math.round(ageMs), maxAgeMs: catalogue.maxAgeMs },
      },
    };
  }

  /** Units left, as the store says; undefined where it does not say. */
  async left(product: Product): Promise<number | undefined> {
    const seller = await this.parts.sellers.of(product);
    return seller.remaining().catch(() => undefined);
  }

  async purchase({ product: name, user, token, quantity }: PurchaseBody): Promise<Told> {
    const found = await this.#open(name);
    if ('code' in found) return found;
    const { seller } = found;
    const order = { product: name, token, user, quantity };
    try {
      const request = { requestId: token, userId: user, quantity };
      const outcome = await this.parts.lend((redis) => seller.purchase(request, redis));
      const code = OUTCOMES[outcome.kind];
      if (outcome.kind !== 'sold') return { code };
      const { remaining, again } = outcome;
      return { code, order, ...(again && { again }), ...(remaining !== undefined && { left: remaining }) };
    } catch (error) {
      return { code: await this.#failed(error, name) };
    }
  }

  /** The product's seller, where it is on sale. */
  async #open(name: string): Promise<{ seller: Seller; product: Product } | Told> {
    const { catalogue, sellers, strategy } = this.parts;
    let seen: Seen | undefined;
    try {
      const found = catalogue.find(name);
      seen = found instanceof Promise ? await found : found;
      if (seen === undefined) return { code: 'unknown-product' };
      const { product } = seen;
      if (product.state === 'closed') return { code: 'stock-lost' };
      if (product.state === 'opening') return { code: 'not-open' };
      if (product.strategy !== strategy.name) return { code: 'unavailable' };
      return { seller: await sellers.of(product), product };
    } catch {
      return { code: 'unavailable' }; // nothing was asked of the store yet
    }
  }

  async #failed(error: unknown, name: string): Promise<AnswerCode> {
    const code = failureCode(error);
    if (code === 'stock-lost') await this.#close(name);
    return code;
  }

  /** Nobody knows how many units there should be, so nothing is sold until a person says. */
  async #close(name: string): Promise<void> {
    const { book, catalogue, clock } = this.parts;
    // Where it cannot be written down now, the next buyer finds the stock missing, too.
    await book
      .moveProduct(name, 'open', { state: 'closed', sinceMs: clock.epochMs() })
      .catch(() => undefined);
    catalogue.forget(name);
  }

  /**
   * Gives an order's units back, for good: the token cannot buy again. One that has bought nothing is cancelled, so that a
   * purchase that is still on its way sells nothing to a buyer who has given it up.
   */
  async release(name: string, token: string, user: string): Promise<Told> {
    const found = await this.#open(name);
    if ('code' in found) return found;
    const { seller } = found;
    if (!seller.find || !seller.release) return { code: 'not-supported' };
    try {
      // The store knows how many units these are, and whose; sent again, it gives nothing back a second time.
      await seller.release({ requestId: token, userId: user, quantity: 1 });
      const { quantity = 0 } = (await seller.find(token)) ?? {};
      if (quantity === 0) return { code: 'cancelled' };
      return { code: 'released', order: { product: name, token, user, quantity } };
    } catch (error) {
      const code = await this.#failed(error, name);
      return { code: code === 'other-request' ? 'unknown-order' : code };
    }
  }

  /**
   * Puts a product whose stock was lost on sale again, beside what the order book knows of: those orders are put back
   * first, so that none of them buys again. Nothing can be sold before the stock is there, which comes last.
   */
  async reopen(name: string, stock: number): Promise<Told> {
    const { book, catalogue, sellers, strategy, redis, clock } = this.parts;
    const product = await book.findProduct(name);
    if (product === undefined) return { code: 'unknown-product' };
    if (product.state !== 'closed') return { code: 'not-closed' };
    const seller = await sellers.of(product);
    if (!seller.restore) return { code: 'not-supported' };
    let held = 0;
    for await (const orders of pagesOf(book, name)) {
      await seller.restore(
        orders.map(({ token, user, ...order }) => ({ ...order, requestId: token, userId: user })),
      );
      for (const { quantity, released } of orders) if (!released) held += quantity;
    }
    await strategy.open(redis, saleOf({ ...product, stock }));
    await book.setStock(name, held + stock);
    await book.moveProduct(name, 'closed', { state: 'open', sinceMs: clock.epochMs() });
    catalogue.forget(name);
    return this.#withProduct('reopened', name);
  }

  /** Who holds units of it: the stream and the order book together. */
  async ledger(name: string): Promise<Ledger | Told> {
    const { book, catalogue, redis } = this.parts;
    if ((await catalogue.find(name)) === undefined) return { code: 'unknown-product' };
    return { product: name, orders: await ordersOf(name, redis, book) };
  }

  /** Where an order is. The store is asked first: it knows of a sale before the order book does. */
  async order(name: string, token: string): Promise<OrderState | Told> {
    const { book, catalogue, sellers } = this.parts;
    const seen = await catalogue.find(name);
    if (seen === undefined) return { code: 'unknown-product' };
    const seller = await sellers.of(seen.product);
    if (!seller.find) return { code: 'not-supported' };
    // A store that does not answer leaves what the book has.
    const sold = await seller.find(token).catch(() => 'silent' as const);
    const booked = await book.find(name, token);
    const known = sold === 'silent' ? undefined : sold;
    const quantity = known?.quantity ?? booked?.quantity;
    if (quantity === undefined) return { code: sold === 'silent' ? 'unavailable' : 'unknown-order' };
    const released = known?.released === true || booked?.released === true;
    const state = released ? 'released' : booked === undefined ? 'queued' : 'stored';
    return { product: name, token, quantity, state };
  }
}
