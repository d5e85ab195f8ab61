import { ordersKey } from '../../../strategies/keys.ts';
import type { Live } from '../../documents/live.ts';
import type { Product } from '../book/order-book.ts';
import { linesOf } from '../queue/entries.ts';
import { queueDepth } from '../queue/order-stream.ts';
import type { Shop } from '../shop.ts';

type Standing = Live['products'][number];
type Latest = Live['latest'][number];

/** How each product stands, read when it is asked for: nobody is asked in vain. The latest products come first. */
export async function standingsOf(shop: Shop, most: number, orders: boolean): Promise<Standing[]> {
  const products = (await shop.parts.book.products()).toReversed().slice(0, most);
  return Promise.all(products.map((product) => standingOf(shop, product, orders)));
}

async function standingOf(shop: Shop, product: Product, orders: boolean): Promise<Standing> {
  const { book, redis } = shop.parts;
  const { name, stock, perUserLimit, state } = product;
  const [left, queued, counts] = await Promise.all([
    state === 'open' ? shop.left(product) : undefined,
    orders ? queueDepth(redis, name).catch(() => null) : null,
    book.counts(name),
  ]);
  return {
    name,
    stock,
    ...(perUserLimit !== undefined && { perUserLimit }),
    state,
    left: left ?? null,
    queued,
    orders: counts.orders,
    releases: counts.releases,
    setAside: counts.setAside,
  };
}

/** The latest orders: those on their way, then those that are stored. */
export async function latestOrders(shop: Shop, products: readonly string[], most: number): Promise<Latest[]> {
  const { book } = shop.parts;
  const queued: Latest[] = [];
  for (const product of products) {
    for (const order of await tailOf(shop, product, most)) {
      const known = await book.find(product, order.token);
      if (known === undefined) queued.push({ product, ...order, state: 'queued', storedMs: null });
    }
  }
  const stored = (await book.latest(most)).map(({ released, storedMs, ...order }): Latest => ({
    ...order,
    state: released ? 'released' : 'stored',
    storedMs,
  }));
  return [...queued, ...stored].slice(0, most);
}

type Order = Pick<Latest, 'token' | 'user' | 'quantity'>;

/** What was sold last, the newest first. */
async function tailOf(shop: Shop, product: string, most: number): Promise<Order[]> {
  const entries = await shop.parts.redis
    .xrevrange(ordersKey(product), '+', '-', 'COUNT', most)
    .catch(() => []);
  return entries
    .flatMap(([id, fields]) => {
      const lines = linesOf({ product, id, fields });
      return Array.isArray(lines) ? lines.toReversed() : [];
    })
    .filter(({ quantity }) => quantity > 0)
    .map(({ token, user, quantity }) => ({ token, user, quantity }))
    .slice(0, most);
}

/** Enough to recognise one's own, too little to use it. */
export const shortened = (text: string, shown: number): string =>
  Array.from(text).length <= shown ? text : `${Array.from(text).slice(0, shown).join('')}…`;
