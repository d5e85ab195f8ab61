import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Live } from '../../documents/live.ts';
import type { Statistics } from './statistics.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What a scrape reads beside the counters. */
export interface Sources {
  statistics: Statistics;
  products: () => Promise<Live['products']>;
  catalogue: { hits: number; misses: number };
  connections: () => Promise<number>;
}

export interface Metrics {
  /** Of a purchase that was answered, in seconds. */
  observe(seconds: number): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
  contentType: string;
}

/** Counted as it happens is only the response time: everything else is read when somebody scrapes. */
export function createMetrics({ statistics, products, catalogue, connections }: Sources): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const response = new Histogram({
    name: 'oversell_purchase_seconds',
    help: 'Response time of purchases',
    buckets: SECONDS,
    registers,
  });
  const counted = (name: string, help: string, counts: () => Iterable<[string, number]>): Counter =>
    new Counter({
      name,
      help,
      labelNames: ['code'],
      registers,
      collect() {
        this.reset();
        for (const [code, count] of counts()) this.inc({ code }, count);
      },
    });
  counted('oversell_purchases_total', 'Purchases, by what the buyer heard', () => statistics.purchases);
  counted('oversell_answers_total', 'Other answers, by their code', () => statistics.others);
  counted('oversell_catalogue_total', 'Product data, from the cache or read', () => [
    ['hit', catalogue.hits],
    ['miss', catalogue.misses],
  ]);
  const gauges = {
    left: gauge('oversell_units_left', 'Units for sale'),
    queued: gauge('oversell_queue_entries', 'Entries of the stream that are not stored yet'),
    orders: gauge('oversell_orders_stored', 'Orders in the order book'),
    setAside: gauge('oversell_entries_set_aside', 'Entries of the stream that are no orders'),
  };
  function gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, labelNames: ['product'], registers });
  }
  const open = new Gauge({
    name: 'oversell_connections',
    help: 'Connections of buyers that are open',
    registers,
  });
  return {
    observe: (seconds) => response.observe(seconds),
    contentType: registry.contentType,
    text: async () => {
      for (const one of Object.values(gauges)) one.reset();
      for (const { name: product, ...standing } of await products()) {
        for (const [name, one] of Object.entries(gauges)) {
          const value = standing[name as keyof typeof gauges];
          if (value !== null) one.set({ product }, value);
        }
      }
      open.set(await connections());
      return registry.metrics();
    },
  };
}
