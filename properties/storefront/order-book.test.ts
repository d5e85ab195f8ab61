import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openOrderBook } from '../../harness/storefront/book/open-book.ts';
import {
  CONFLICT,
  DataError,
  type BookLine,
  type OrderBook,
  type Product,
} from '../../harness/storefront/book/order-book.ts';
import { rejection } from '../helpers/machines.ts';
import { countRows, query } from '../helpers/order-rows.ts';
import { canHavePostgres, startPostgres, type PostgresServer } from '../helpers/postgres.ts';

let folder: string;
let postgres: PostgresServer;
let names = 0;
/** Tests share a database: each has products of its own. */
const fresh = (): string => `lamp ${++names}`;

const KINDS: [name: string, runs: boolean, database: () => string][] = [
  ['libsql', true, () => join(folder, 'orders.db')],
  ['PostgreSQL', canHavePostgres, () => postgres.url],
];

const lamp: Product = {
  name: 'lamp',
  stock: 5,
  perUserLimit: 2,
  strategy: 's',
  state: 'opening',
  sinceMs: 7,
};
const line = (token: string, given: Partial<BookLine> = {}): BookLine => ({
  product: 'lamp',
  token,
  user: `user of ${token}`,
  quantity: 1,
  entry: '0-1',
  ...given,
});

describe.each(KINDS)('the order book in %s', (kind, runs, database) => {
  let book: OrderBook;
  let other: OrderBook;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'oversell-book-'));
    if (kind === 'PostgreSQL' && runs) postgres = await startPostgres();
  }, 300_000);
  afterAll(async () => {
    if (kind === 'PostgreSQL' && runs) await postgres.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async ({ skip }) => {
    if (!runs) skip('there is no apt-get to obtain it by');
    // Two of one database, opened at once: that is how processes share it.
    [book, other] = await Promise.all([openOrderBook(database()), openOrderBook(database())]);
  });
  afterEach(async () => {
    if (!runs) return;
    await book.close();
    await other.close();
  });
  test('a product is added once, however many add it, and found as it was', async () => {
    const name = fresh();
    const added = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 ? book : other).addProduct({ ...lamp, name, stock: i })),
    );
    expect(added.filter((one) => one.added)).toHaveLength(1);
    const [{ product: first }] = added.filter((one) => one.added) as [(typeof added)[0]];
    for (const { product } of added) expect(product).toEqual(first);
    expect(await other.findProduct(name)).toEqual(first);
    expect(await book.findProduct('nothing')).toBeUndefined();
    const boundless = {
      name: fresh(),
      stock: Number.MAX_SAFE_INTEGER,
      strategy: 's',
      state: 'open' as const,
      sinceMs: 1,
    };
    await book.addProduct(boundless);
    expect(await other.findProduct(boundless.name)).toEqual(boundless);
    expect((await book.products()).map((one) => one.name).slice(-2)).toEqual([name, boundless.name]);
  });

  test('a product changes its state only from the state that it was seen in', async () => {
    const name = fresh();
    await book.addProduct({ ...lamp, name });
    expect(await book.moveProduct(name, 'open', { state: 'closed', sinceMs: 8 })).toBe(false);
    expect(await book.moveProduct(name, 'opening', { state: 'open', sinceMs: 9 })).toBe(true);
    expect(await other.moveProduct(name, 'opening', { state: 'closed', sinceMs: 10 })).toBe(false);
    await book.setStock(name, 11);
    expect(await other.findProduct(name)).toEqual({ ...lamp, name, stock: 11, state: 'open', sinceMs: 9 });
  });

  test('an order is written once, and one that contradicts it is set aside', async () => {
    const product = fresh();
    const orders = ['a', 'b'].map((token) => line(token, { product }));
    expect(await book.record(orders, [])).toEqual({ orders: 2, releases: 0, setAside: 0 });
    expect(await other.record([...orders, line('c', { product })], [])).toEqual({
      orders: 1,
      releases: 0,
      setAside: 0,
    });
    const wrong = [line('a', { product, user: 'thief' }), line('b', { product, quantity: 3, entry: '0-9' })];
    for (let i = 0; i < 2; i++) {
      expect(await book.record(wrong, [])).toEqual({ orders: 0, releases: 0, setAside: i === 0 ? 2 : 0 });
    }
    expect(await book.find(product, 'a')).toMatchObject({
      token: 'a',
      user: 'user of a',
      quantity: 1,
      released: false,
    });
    expect(await book.counts(product)).toEqual({ orders: 3, units: 3, releases: 0, setAside: 2 });
    const [latest] = await book.setAside(1);
    expect(latest).toMatchObject({ product, reason: CONFLICT });
    expect(JSON.parse(latest!.content)).toMatchObject({ token: expect.any(String) });
  });

  test('a release has a row of its own, and counts whether it comes before its order or after', async () => {
    const product = fresh();
    await book.record([line('a', { product, quantity: -2 }), line('b', { product, quantity: 2 })], []);
    expect(await book.find(product, 'a')).toBeUndefined();
    await book.record([line('b', { product, quantity: -2 }), line('a', { product, quantity: 2 })], []);
    await book.record([line('c', { product, quantity: 5 })], []);
    expect(await other.find(product, 'a')).toMatchObject({ quantity: 2, released: true });
    expect(await other.find(product, 'b')).toMatchObject({ released: true });
    expect(await other.counts(product)).toEqual({ orders: 3, units: 5, releases: 2, setAside: 0 });
  });

  test('what is counted is what the rows come to, whoever records what, and in which order', async () => {
    const word = fc.constantFrom('a', 'b', 'c');
    const quantity = fc.integer({ min: -3, max: 3 }).filter((units) => units !== 0);
    const lines = fc.array(fc.tuple(word, word, quantity), { maxLength: 6 });
    const poison = fc.array(word, { maxLength: 2 });
    const batch = fc.tuple(fc.boolean(), lines, poison);
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 6 }), async (batches) => {
        const products = [fresh(), fresh()];
        const recording = batches.map(([first, given, entries], i) => {
          const sold = given.map(([token, user, units]) =>
            line(token, { product: products[i % 2]!, user, quantity: units }),
          );
          const aside = entries.map((entry) => ({
            product: products[(i + 1) % 2]!,
            entry,
            content: '[]',
            reason: 'why',
          }));
          return (first ? book : other).record(sold, aside);
        });
        await Promise.all(recording);
        for (const product of products) {
          expect(await other.counts(product)).toEqual(await countRows(database(), product));
        }
      }),
      { numRuns: 6 },
    );
  });

  test('a row that was written by hand is not counted, so that the two can be told apart', async () => {
    const product = fresh();
    await book.record([line('a', { product })], []);
    await query(
      database(),
      `INSERT INTO releases (product, token, buyer, units, entry, stored_ms) VALUES ('${product}', 'a', 'x', 1, '0-2', 0)`,
    );
    expect(await countRows(database(), product)).not.toEqual(await other.counts(product));
  });

  test('a book of an earlier version, which has no counts, is counted when it is opened', async () => {
    const product = fresh();
    await book.addProduct({ ...lamp, name: product });
    await book.record([line('a', { product, quantity: 3 }), line('b', { product })], []);
    await book.record([line('a', { product, quantity: -3 }), line('b', { product, user: 'thief' })], []);
    await query(database(), 'DROP TABLE tallies');
    const [again, beside] = await Promise.all([openOrderBook(database()), openOrderBook(database())]);
    expect(await again.counts(product)).toEqual({ orders: 2, units: 1, releases: 1, setAside: 1 });
    await beside.record([line('c', { product, quantity: 2 })], []);
    expect(await again.counts(product)).toEqual(await countRows(database(), product));
    await again.close();
    await beside.close();
  });

  test('what is recorded together is there together, or not at all', async () => {
    const product = fresh();
    const nonsense = { product, entry: '0-2', content: '[]', reason: null as unknown as string };
    expect(await rejection(book.record([line('a', { product })], [nonsense]))).toBeInstanceOf(DataError);
    expect(await other.counts(product)).toEqual({ orders: 0, units: 0, releases: 0, setAside: 0 });
    expect(await book.record([line('a', { product })], [{ ...nonsense, reason: 'why' }])).toMatchObject({
      orders: 1,
      setAside: 1,
    });
  });

  test('two who record the same at once store it once, and neither fails', async () => {
    const product = fresh();
    const orders = Array.from({ length: 200 }, (_, i) => line(`t${i}`, { product }));
    const recorded = await Promise.all([
      book.record(orders, []),
      other.record(orders.toReversed(), []),
      book.record(orders.slice(50), []),
    ]);
    expect(recorded.reduce((sum, one) => sum + one.orders, 0)).toBe(200);
    expect(await book.counts(product)).toMatchObject({ orders: 200, units: 200, setAside: 0 });
  });

  test('pages go through all orders of a product, once each, in one order', async () => {
    const [product, neighbour] = [fresh(), fresh()];
    const tokens = ['Z', 'a', 'B', 'ä', 'aa', '~', '1', '10', '9'];
    await book.record(
      tokens.map((token) => line(token, { product })),
      [],
    );
    await book.record([line('a', { product: neighbour })], []);
    const seen: string[] = [];
    for (let after = ''; ;) {
      const page = await book.page(product, after, 2);
      seen.push(...page.map(({ token }) => token));
      if (page.length < 2) break;
      after = page.at(-1)!.token;
    }
    expect(seen.toSorted()).toEqual(tokens.toSorted());
    expect((await book.latest(1))[0]).toMatchObject({ product: neighbour, token: 'a' });
  });

  test('whatever text buyers write comes back as it was, and is no part of any statement', async () => {
    const product = fresh();
    const word = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => !/\p{C}/u.test(text));
    const nasty = fc.oneof(
      word,
      fc.constantFrom("'; DROP TABLE orders; --", '$1', '?', '%', '\\', '"', '{}', 'NULL'),
    );
    let n = 0;
    await fc.assert(
      fc.asyncProperty(nasty, nasty, async (token, user) => {
        const own = `${token}#${++n}`;
        await book.record([line(own, { product, user })], []);
        expect(await other.find(product, own)).toMatchObject({ token: own, user });
      }),
      { numRuns: 50 },
    );
    expect(await book.counts(product)).toMatchObject({ orders: n, setAside: 0 });
  });

  test('what was recorded is there when it is opened again', async () => {
    const product = fresh();
    await book.record([line('a', { product })], []);
    if (kind === 'PostgreSQL') {
      await postgres.kill();
      await postgres.start();
    }
    const again = await openOrderBook(database());
    await again.ping();
    expect(await again.find(product, 'a')).toMatchObject({ token: 'a' });
    await again.close();
  });
});

test('a login of a database is told to nobody, and what cannot be reached is an error of the environment', async () => {
  const error = (await rejection(openOrderBook('postgres://shop:sesame-open@127.0.0.1:1/shop'))) as Error;
  expect(error).toMatchObject({ code: 'DATABASE_UNUSABLE', exitCode: 4 });
  expect(error.message).not.toContain('sesame');
});
