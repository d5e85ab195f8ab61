import type { Live } from '../../documents/live.ts';
import type { Clock } from '../../ground/ambient.ts';
import type { Shop } from '../shop.ts';
import { latestOrders, shortened, standingsOf } from './standing.ts';
import type { Statistics } from './statistics.ts';

export interface Watched {
  shop: Shop;
  statistics: Statistics;
  clock: Clock;
  /** For people. */
  store: string;
  orders: boolean;
  consumers: () => number;
  /** Characters of a token or user that are shown. */
  shown: number;
}

/** Most products and orders that a page has room for. */
const MOST_PRODUCTS = 8;
const MOST_ORDERS = 10;

/** What a page shows now. */
export function looker(watched: Watched): () => Promise<Live> {
  const { shop, statistics, clock, store, orders, consumers, shown } = watched;
  const { book, catalogue, strategy } = shop.parts;
  const openSinceMs = clock.epochMs();
  const short = <T extends { token: string; user: string }>(order: T): T => ({
    ...order,
    token: shortened(order.token, shown),
    user: shortened(order.user, shown),
  });
  return async () => {
    const products = await standingsOf(shop, MOST_PRODUCTS, orders);
    const names = products.map(({ name }) => name);
    return {
      atMs: clock.epochMs(),
      openSinceMs,
      strategy: strategy.name,
      store,
      book: orders ? book.description : 'no orders are recorded',
      consumers: consumers(),
      products,
      lastMinute: statistics.lastMinute,
      responseP99Ms: statistics.responseP99Ms ?? null,
      heard: Object.fromEntries(statistics.purchases),
      latest: (orders ? await latestOrders(shop, names, MOST_ORDERS) : []).map(short),
      catalogue: { maxAgeMs: catalogue.maxAgeMs, hits: catalogue.hits, misses: catalogue.misses },
    };
  };
}
