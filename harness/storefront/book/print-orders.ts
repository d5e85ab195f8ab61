/**
 * Prints who holds units of a product by the order book alone, as JSON, without the shop and without Redis: the ledger of
 * `service.json`. Its words: the order book, and the product.
 */
import { pagesOf } from '../ledger.ts';
import { openOrderBook } from './open-book.ts';

const [, , database = '', product = ''] = process.argv;
const book = await openOrderBook(database);
const orders: { token: string; user: string; quantity: number }[] = [];
for await (const page of pagesOf(book, product)) {
  for (const { released, token, user, quantity } of page)
    if (!released) orders.push({ token, user, quantity });
}
await book.close();
process.stdout.write(JSON.stringify({ orders }));
