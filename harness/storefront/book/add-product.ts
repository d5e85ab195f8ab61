/**
 * Has a product in the order book as one that is on sale, without the shop and without Redis: whoever puts its stock into Redis
 * opens it then. Its words: the order book, the product, its units, and what sells it.
 */
import { systemClock as clock } from '../../ground/ambient.ts';
import { openOrderBook } from './open-book.ts';

const [, , database = '', name = '', stock = '', strategy = ''] = process.argv;
const book = await openOrderBook(database);
await book.addProduct({ name, stock: Number(stock), strategy, state: 'open', sinceMs: clock.epochMs() });
await book.setStock(name, Number(stock));
await book.close();
