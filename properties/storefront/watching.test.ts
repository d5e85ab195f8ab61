import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { liveSchema, type Live } from '../../harness/documents/live.ts';
import type { Clock } from '../../harness/ground/ambient.ts';
import { systemClock } from '../../harness/ground/ambient.ts';
import type { Product } from '../../harness/storefront/book/order-book.ts';
import { Catalogue } from '../../harness/storefront/catalogue.ts';
import { shortened } from '../../harness/storefront/live/standing.ts';
import { Statistics } from '../../harness/storefront/live/statistics.ts';
import { openStorefront, type Storefront } from '../../harness/storefront/storefront.ts';
import { serverWithClient } from '../helpers/exploring.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { Buyers, storefrontOptions } from '../helpers/storefront.ts';

const own = serverWithClient();

/** A clock that is moved by hand. */
function handClock(): { clock: Clock; pass: (ms: number) => void } {
  let nowNs = 1e9;
  return {
    clock: { epochMs: () => nowNs / 1e6, monotonicNs: () => nowNs, sleep: async () => undefined },
    pass: (ms) => void (nowNs += ms * 1e6),
  };
}

describe('product data from the cache', () => {
  const lamp: Product = { name: 'lamp', stock: 5, strategy: 'any', state: 'open', sinceMs: 0 };
  let book: {
    product: Product | undefined;
    reads: number;
    findProduct(name: string): Promise<Product | undefined>;
  };
  beforeEach(() => {
    book = {
      product: lamp,
      reads: 0,
      async findProduct() {
        this.reads++;
        return this.product;
      },
    };
  });

  test('is never older than the bound when it is handed out, and says how old it is', async () => {
    const { clock, pass } = handClock();
    const catalogue = new Catalogue(book, { maxAgeMs: 1_000, clock });
    expect(await catalogue.find('lamp')).toMatchObject({ product: lamp, ageMs: 0 });
    book.product = { ...lamp, state: 'closed' };
    pass(999);
    // Stale, and it can be seen.
    expect(await catalogue.find('lamp')).toMatchObject({ product: { state: 'open' }, ageMs: 999 });
    pass(1);
    expect(await catalogue.find('lamp')).toMatchObject({ product: { state: 'closed' }, ageMs: 0 });
    expect([catalogue.hits, catalogue.misses, book.reads]).toEqual([1, 2, 2]);
  });

  test('is read once for all who ask at once, and anew for who asks after it was forgotten', async () => {
    const { clock } = handClock();
    const catalogue = new Catalogue(book, { maxAgeMs: 1_000, clock });
    await Promise.all([catalogue.find('lamp'), catalogue.find('lamp')]);
    expect(book.reads).toBe(1);
    catalogue.forget('lamp');
    await catalogue.find('lamp');
    expect(book.reads).toBe(2);
  });

  test('keeps so many products and no more, and none that is not there', async () => {
    const { clock } = handClock();
    const catalogue = new Catalogue(book, { maxAgeMs: 1_000, most: 2, clock });
    for (const name of ['a', 'b', 'c', 'c', 'b', 'a']) await catalogue.find(name);
    expect([catalogue.hits, catalogue.misses]).toEqual([2, 4]);
    book.product = undefined;
    await catalogue.find('new');
    book.product = lamp;
    expect(await catalogue.find('new')).toMatchObject({ product: lamp });
  });

  test('that cannot be read again is not handed out: what is too old is no answer', async () => {
    const { clock, pass } = handClock();
    const catalogue = new Catalogue(book, { maxAgeMs: 1_000, clock });
    await catalogue.find('lamp');
    book.findProduct = () => Promise.reject(new Error('the book is gone'));
    pass(500);
    expect(await catalogue.find('lamp')).toMatchObject({ product: lamp });
    pass(500);
    await expect(catalogue.find('lamp')).rejects.toThrow('the book is gone');
  });
});

describe('the figures of this process', () => {
  test('are of the last minute: what is older is gone, also after a silence', () => {
    const { clock, pass } = handClock();
    const statistics = new Statistics(clock);
    statistics.purchased('success', false, 2);
    statistics.purchased('success', true, 2);
    statistics.purchased('sold-out', false, 900);
    pass(1_000);
    expect(statistics.lastMinute.sales.at(-1)).toBe(1);
    expect(statistics.lastMinute.refusals.at(-1)).toBe(1);
    expect(statistics.responseP99Ms).toBeCloseTo(900, -1);
    expect(Object.fromEntries(statistics.purchases)).toEqual({ success: 1, again: 1, 'sold-out': 1 });
    pass(61_000);
    expect(statistics.lastMinute.sales).toEqual(Array.from({ length: 60 }, () => 0));
    expect(statistics.responseP99Ms).toBeUndefined();
    statistics.purchased('success', false, 1);
    pass(59_500);
    expect(statistics.lastMinute.sales.reduce((a, b) => a + b)).toBe(1);
  });

  test('a token is shown as far as its owner needs it', () => {
    expect(shortened('t-8f21c0aa', 8)).toBe('t-8f21c0…');
    expect(shortened('short', 8)).toBe('short');
    expect(shortened('👩‍🚀👩‍🚀', 1)).toBe('👩…');
  });
});

describe('a storefront that is watched', () => {
  let storefront: Storefront;
  let buyers: Buyers;
  beforeEach(async () => {
    const redis = `unix://${own.target.options.path}`;
    storefront = await openStorefront(await storefrontOptions(temporaryFolder(), { redis, staleMs: 60_000 }));
    buyers = new Buyers(storefront.url!);
  });
  afterEach(async () => {
    await storefront.close();
    await own.redis.flushall();
  });

  /** Reads what a page is sent, until it is as it should be. */
  async function watch(until: (live: Live) => boolean): Promise<Live> {
    const controller = new AbortController();
    const response = await fetch(new URL('/live', buyers.url), { signal: controller.signal });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop()!;
      for (const event of events) {
        const live = liveSchema.parse(JSON.parse(event.replace(/^data: /, '')));
        if (!until(live)) continue;
        controller.abort();
        return live;
      }
    }
    throw new Error('the feed has ended');
  }

  test('tells stock, orders, outcomes and the cache, and shortens what could be used', async () => {
    await buyers.open('lamp', 5, 2);
    await buyers.buy('lamp', 'a-long-token-of-ann', { user: 'ann', quantity: 2 });
    await buyers.buy('lamp', 'a-long-token-of-ann', { user: 'ann', quantity: 2 });
    await buyers.buy('lamp', 'more', { user: 'ann' });
    const live = await watch(({ products: [lamp] }) => lamp?.orders === 1 && lamp.queued === 0);
    expect(live.products).toEqual([
      {
        name: 'lamp',
        stock: 5,
        perUserLimit: 2,
        state: 'open',
        left: 3,
        queued: 0,
        orders: 1,
        releases: 0,
        setAside: 0,
      },
    ]);
    expect(live.heard).toEqual({ success: 1, again: 1, 'limit-reached': 1 });
    expect(live.latest).toMatchObject([{ token: 'a-long-t…', user: 'ann', quantity: 2, state: 'stored' }]);
    expect(live.catalogue).toMatchObject({ maxAgeMs: 60_000, misses: 1 });
  });

  test('asks the store nothing while nobody watches and nobody buys', async () => {
    await buyers.open('lamp', 5);
    await watch(() => true);
    // A connection of its own; one that is made for it would stay, and miss the server when that ends.
    const monitor = await own.redis.monitor();
    const seen: string[] = [];
    monitor.on('monitor', (_: string, [command]: string[]) => seen.push(command!.toLowerCase()));
    await systemClock.sleep(2_500);
    await own.redis.echo('end');
    while (!seen.includes('echo')) await systemClock.sleep(1);
    monitor.disconnect();
    // Consumers wait for entries, and look for what was left behind, and this test connects; the web process is silent.
    const consumers = new Set(['xreadgroup', 'xautoclaim', 'xgroup', 'echo', 'hello', 'info']);
    expect(seen.filter((command) => !consumers.has(command))).toEqual([]);
  });

  test('has metrics that agree with what buyers heard', async () => {
    await buyers.open('lamp', 2);
    for (const token of ['a', 'b', 'c']) await buyers.buy('lamp', token);
    await buyers.stored('lamp', 'b');
    const { text, headers } = await buyers.send('GET', '/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    for (const line of [
      'oversell_purchases_total{code="success"} 2',
      'oversell_purchases_total{code="sold-out"} 1',
      'oversell_purchase_seconds_count 3',
      'oversell_units_left{product="lamp"} 0',
      'oversell_orders_stored{product="lamp"} 2',
      'oversell_entries_set_aside{product="lamp"} 0',
    ]) {
      expect(text).toContain(line);
    }
  });

  test('is alive, and ready for as long as the store answers', async () => {
    expect((await buyers.send('GET', '/healthz')).status).toBe(200);
    expect((await buyers.send('GET', '/readyz')).status).toBe(200);
    const page = await buyers.send('GET', '/');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.text).toContain('oversell shop');
  });
});
