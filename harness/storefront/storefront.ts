/**
 * The flash sale itself, over HTTP: buyers ask a web process, which has the strategy's script decide; the script leaves
 * each sale in a stream; consumers take it from there to the order book. Read this file first: it puts the parts
 * together. `http/` is what buyers see, `shop.ts` what is done for them, `queue/` the way of an order, `book/` where it
 * ends, `catalogue.ts` the cache in front, `live/` what can be watched.
 */
import { join } from 'node:path';
import type { Strategy } from '../../strategies/contract.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import { openOrderBook } from './book/open-book.ts';
import type { OrderBook } from './book/order-book.ts';
import { takeDataFolder } from './data-folder.ts';
import { requirePackages } from '../ground/optional-packages.ts';
import { ConsumerProcesses } from './queue/consumer-processes.ts';
import { runConsumers } from './queue/consumers.ts';
import { failpointsOf } from './queue/failpoints.ts';
import { openBorrowedStore, openPrivateStore, requireNeeds, type Store } from './store.ts';
import { requireOrders } from './sellers.ts';
import { isLoopback, openWeb, tokenIn, type Closers, type WebOptions } from './web.ts';

export type Role = 'web' | 'consumer' | 'all';

export interface StorefrontOptions extends WebOptions {
  role: Role;
  /** The folder that holds the private Redis' data and the order book. */
  data: string;
  /** The order book; absent: a file in `data`. */
  database?: string;
  /** A Redis of the user's; absent: a private one. */
  redis?: string;
  /** Certificates by which its own is trusted, in a file. */
  tlsCa?: string;
  redisServer?: string;
  redisVersion?: string;
  /** Before each key on a Redis of the user's. */
  prefix: string;
  /** Consumers: processes beside a web process, or within a consumer process. */
  consumers: number;
  /** How long a consumer may leave its entries alone before others take them over. Longer than a transaction takes. */
  claimIdleMs: number;
  /** Told what goes on; one line for people. */
  onProgress: (line: string) => void;
  signal?: AbortSignal;
}

export interface Storefront {
  /** Absent where it only consumes. */
  url?: string;
  /** For people: strategy, store and order book. */
  description: string;
  /** Processes of consumers that this one started. */
  consumerPids: () => number[];
  /** Finishes what it has accepted, and then ends all that it has started. */
  close: () => Promise<void>;
}

/** @throws UsageError and EnvironmentError, and leaves nothing behind then */
export async function openStorefront(options: StorefrontOptions): Promise<Storefront> {
  requireSensible(options);
  const closers: Closers = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).toReversed()) await one();
  };
  try {
    const { store, database } = await openStore(options, closers);
    await requireNeeds(store, options.strategy);
    const book = await openOrderBook(database);
    closers.push(() => book.close());
    await requireSameStrategy(book, options.strategy);
    const description = `${options.strategy.name} · ${store.description} · orders in ${book.description}`;
    const consumers = startConsumers(options, { store, database, closers });
    const pids = (): number[] => consumers?.pids ?? [];
    const web =
      options.role === 'consumer'
        ? undefined
        : await openWeb(options, { store, book, closers, consumers: () => pids().length });
    return { ...(web && { url: web.url }), description, consumerPids: pids, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Before anything is made that would have to be taken back. */
function requireSensible({ role, redis, host, adminTokenFile, strategy, orders }: StorefrontOptions): void {
  requirePackages(['hono', '@hono/node-server', 'libsql', 'prom-client']);
  if (role !== 'all' && redis === undefined) {
    throw new UsageError(
      'NEEDS_REDIS',
      `--role ${role}: processes of several roles meet at a Redis, and a private one ends with who started it`,
      'give --redis <url>, or leave --role out',
    );
  }
  if (role === 'consumer' && !orders) {
    throw new UsageError('CONTRADICTION', '--no-orders leaves nothing to consume', 'drop one of the two');
  }
  if (role !== 'consumer') requireOrders(strategy, orders);
  if (adminTokenFile !== undefined) tokenIn(adminTokenFile);
  if (adminTokenFile !== undefined || isLoopback(host)) return;
  throw new UsageError(
    'OPEN_TO_ALL',
    `--host ${host}: whoever reaches it could create products and read who bought what`,
    'give --admin-token-file <file>, or listen at 127.0.0.1',
  );
}

async function openStore(
  options: StorefrontOptions,
  closers: Closers,
): Promise<{ store: Store; database: string }> {
  const { data, redis, tlsCa, prefix, database } = options;
  if (redis !== undefined) {
    const store = await openBorrowedStore(redis, prefix, tlsCa);
    return { store, database: database ?? join(data, 'orders.db') };
  }
  const folder = await takeDataFolder(data);
  closers.push(() => folder.release());
  const store = await openPrivateStore(folder, options);
  closers.push(() => store.close());
  return { store, database: database ?? folder.database };
}

/** Another strategy would not know what this one has sold. */
async function requireSameStrategy(book: OrderBook, strategy: Strategy): Promise<void> {
  const other = (await book.products()).find((product) => product.strategy !== strategy.name);
  if (other === undefined) return;
  throw new UsageError(
    'OTHER_STRATEGY',
    `"${other.name}" is sold by ${other.strategy}, and ${strategy.name} would not remember to whom`,
    `give --strategy ${other.strategy}, or another --data and --prefix`,
  );
}

function startConsumers(
  { role, orders, consumers, claimIdleMs, onProgress, signal }: StorefrontOptions,
  { store, database, closers }: { store: Store; database: string; closers: Closers },
): ConsumerProcesses | undefined {
  if (role === 'web' || !orders) return undefined;
  const { options } = store;
  if (role === 'all') {
    const processes = new ConsumerProcesses(
      { options, database, claimIdleMs },
      { clock, onTrouble: onProgress },
    );
    closers.push(() => processes.close());
    processes.start(consumers);
    return processes;
  }
  const controller = new AbortController();
  signal?.addEventListener('abort', () => controller.abort());
  const settings = { options, database, claimIdleMs, count: consumers };
  const running = runConsumers(settings, failpointsOf(process), {
    signal: controller.signal,
    onTrouble: onProgress,
  });
  closers.push(async () => {
    controller.abort();
    await running;
  });
  return undefined;
}
