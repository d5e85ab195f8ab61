import type { Client } from '../../strategies/contract.ts';
import { ordersKey } from '../../strategies/keys.ts';
import type { Ledger } from '../documents/storefront.ts';
import type { BookedOrder, BookLine, OrderBook } from './book/order-book.ts';
import { linesOf } from './queue/entries.ts';

const PAGE = 1_000;

/**
 * Who holds units: what the order book has, and what is on its way to it. The stream is read first: what leaves it
 * meanwhile is in the book when that is read.
 */
export async function ordersOf(product: string, redis: Client, book: OrderBook): Promise<Ledger['orders']> {
  const sold = new Map<string, { token: string; user: string; quantity: number }>();
  const released = new Set<string>();
  for await (const { token, user, quantity } of streamed(product, redis)) {
    if (quantity < 0) released.add(token);
    else sold.set(token, { token, user, quantity });
  }
  for await (const orders of pagesOf(book, product)) {
    for (const { token, user, quantity, released: isReleased } of orders) {
      sold.set(token, { token, user, quantity });
      if (isReleased) released.add(token);
    }
  }
  for (const token of released) sold.delete(token);
  return [...sold.values()];
}

/** The orders of a product in the order book, some at a time. */
export async function* pagesOf(book: OrderBook, product: string): AsyncGenerator<BookedOrder[]> {
  for (let after = ''; ;) {
    const orders = await book.page(product, after, PAGE);
    if (orders.length > 0) yield orders;
    if (orders.length < PAGE) return;
    after = orders.at(-1)!.token;
  }
}

async function* streamed(product: string, redis: Client): AsyncGenerator<BookLine> {
  for (let after = '-'; ;) {
    const entries = await redis.xrange(ordersKey(product), after, '+', 'COUNT', PAGE);
    for (const [id, fields] of entries) {
      const lines = linesOf({ product, id, fields });
      if (Array.isArray(lines)) yield* lines;
    }
    if (entries.length < PAGE) return;
    after = `(${entries.at(-1)![0]}`;
  }
}
