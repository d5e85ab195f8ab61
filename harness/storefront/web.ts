import { readFileSync } from 'node:fs';
import type { Client, Strategy } from '../../strategies/contract.ts';
import { whyUnreadable } from '../documents/read-json.ts';
import { freshSeed, systemClock as clock } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import { seededRandom } from '../ground/random.ts';
import { sellerEnv } from '../load/seller-env.ts';
import type { OrderBook } from './book/order-book.ts';
import { Catalogue } from './catalogue.ts';
import { lending } from './connections.ts';
import type { Listening, Timeouts } from './http/listening.ts';
import type { App } from './http/routes.ts';
import { Feed } from './live/feed.ts';
import { looker } from './live/live.ts';
import { standingsOf } from './live/standing.ts';
import { Statistics } from './live/statistics.ts';
import { requireServable, Sellers } from './sellers.ts';
import { Shop } from './shop.ts';
import { sellingClient, type Store } from './store.ts';

export interface WebOptions {
  strategy: Strategy;
  host: string;
  /** 0: any that is free. */
  port: number;
  /** A file with the token of whoever creates products. */
  adminTokenFile?: string;
  /** Whether orders are recorded. */
  orders: boolean;
  article: boolean;
  /** How old product data may be when it is used. */
  staleMs: number;
  /** How long Redis may take for a command of a purchase; 0: as long as it takes. */
  commandTimeoutMs: number;
  /** Most requests under way at once. */
  mostInFlight?: number;
  timeouts?: Timeouts;
}

/** What is to be ended, the latest first. */
export type Closers = (() => Promise<void> | void)[];

interface Around {
  store: Store;
  book: OrderBook;
  closers: Closers;
  /** How many consumers this process has started. */
  consumers: () => number;
}

/** How long requests under way may take when the storefront ends. */
const PATIENCE_MS = 5_000;
const MOST_IN_FLIGHT = 1_000;

/** Characters of a token that the page shows: who knows it and its user can give the order back. */
const SHOWN = 8;
const SHOWN_TO_ALL = 3;

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);

/** Answers buyers, and whoever watches. Packages are loaded here, so that a consumer needs none of them. */
export async function openWeb(options: WebOptions, around: Around): Promise<Listening> {
  const { host, port, article, adminTokenFile, mostInFlight = MOST_IN_FLIGHT, timeouts } = options;
  const { shop, redis } = await openShop(options, around);
  const statistics = new Statistics(clock);
  const { shopRoutes } = await import('./http/routes.ts');
  const app = shopRoutes({
    shop,
    clock,
    article,
    ...(adminTokenFile !== undefined && { adminToken: tokenIn(adminTokenFile) }),
    mostInFlight,
    statistics,
  });
  const watching = await addWatching(app, options, { ...around, shop, redis, statistics });
  const { listen } = await import('./http/listening.ts');
  const web = await listen((request, bindings) => app.fetch(request, bindings), {
    host,
    port,
    clock,
    ...(timeouts && { timeouts }),
  });
  watching.listens(web);
  around.closers.push(() => {
    watching.close();
    return web.close(PATIENCE_MS);
  });
  return web;
}

async function openShop(
  { strategy, staleMs, commandTimeoutMs }: WebOptions,
  { store, book, closers }: Around,
): Promise<{ shop: Shop; redis: Client }> {
  const connected = (): Client => sellingClient(store, strategy, commandTimeoutMs);
  const redis = connected();
  const connections = lending(strategy, redis, connected);
  const env = sellerEnv(seededRandom(freshSeed()), 5);
  const sellers = new Sellers(strategy, redis, env);
  closers.push(async () => {
    await sellers.close().catch(() => undefined);
    connections.close();
    redis.disconnect();
  });
  await new Promise<void>((resolve) => redis.once('ready', () => resolve()));
  requireServable(strategy, await strategy.seller(redis, { sku: 'probe', stock: 0 }, env));
  const catalogue = new Catalogue(book, { maxAgeMs: staleMs, clock });
  const { lend } = connections;
  return { shop: new Shop({ strategy, redis, lend, sellers, book, catalogue, clock }), redis };
}

interface Watching {
  listens(web: Listening): void;
  close(): void;
}

async function addWatching(
  app: App,
  { host, orders }: WebOptions,
  parts: Around & { shop: Shop; redis: Client; statistics: Statistics },
): Promise<Watching> {
  const { shop, redis, book, store, statistics, consumers } = parts;
  const { addWatchRoutes } = await import('./http/watch-routes.ts');
  const { createMetrics } = await import('./live/metrics.ts');
  const shown = isLoopback(host) ? SHOWN : SHOWN_TO_ALL;
  const look = looker({ shop, statistics, clock, store: store.description, orders, consumers, shown });
  const feed = new Feed(look, clock);
  let web: Listening | undefined;
  let closing = false;
  const metrics = createMetrics({
    statistics,
    catalogue: shop.parts.catalogue,
    products: () => standingsOf(shop, Infinity, orders),
    connections: async () => (await web?.connections()) ?? 0,
  });
  statistics.observe = (seconds) => metrics.observe(seconds);
  const trouble = async (): Promise<string | undefined> => {
    if (closing) return 'closing';
    const [answers, orderBook] = await Promise.allSettled([redis.ping(), book.ping()]);
    if (answers.status === 'rejected') return 'Redis does not answer';
    return orderBook.status === 'rejected' ? 'the order book does not answer' : undefined;
  };
  addWatchRoutes(app, { feed, metrics, trouble });
  return {
    listens: (listening) => void (web = listening),
    close: () => {
      closing = true;
      feed.close();
    },
  };
}

/** @throws UsageError if it cannot be read, or holds too little to be a secret */
export function tokenIn(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(
      'ADMIN_TOKEN',
      `--admin-token-file: ${file === '' ? 'no file is named' : `${file} cannot be read: ${whyUnreadable(error)}`}`,
      'give a file that holds the token',
    );
  }
  if (token.length >= 16) return token;
  throw new UsageError(
    'ADMIN_TOKEN',
    '--admin-token-file: the token is shorter than 16 characters',
    "put at least so many into a file of the token's own, as `openssl rand -hex 16` makes them",
  );
}
