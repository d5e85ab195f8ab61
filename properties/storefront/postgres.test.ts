import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { openOrderBook } from '../../harness/storefront/book/open-book.ts';
import { Consumer } from '../../harness/storefront/queue/consumer.ts';
import { noFailpoints } from '../../harness/storefront/queue/failpoints.ts';
import { OrderStream } from '../../harness/storefront/queue/order-stream.ts';
import { openStorefront } from '../../harness/storefront/storefront.ts';
import { ordersKey } from '../../strategies/keys.ts';
import { serverWithClient } from '../helpers/exploring.ts';
import { canHavePostgres, startPostgres, type PostgresServer } from '../helpers/postgres.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { Buyers, storefrontOptions } from '../helpers/storefront.ts';

const own = serverWithClient();

describe.skipIf(!canHavePostgres)('with the order book in PostgreSQL', () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 300_000);
  afterAll(() => postgres.close());

  test('orders arrive, also those that were sold while the database was away', async () => {
    const given = { database: postgres.url, redis: `unix://${own.target.options.path}` };
    const { url, close } = await openStorefront(await storefrontOptions(temporaryFolder(), given));
    const buyers = new Buyers(url!);
    await buyers.open('lamp', 40, 1);
    for (let i = 0; i < 10; i++) expect((await buyers.buy('lamp', `a${i}`)).status).toBe(200);
    await postgres.kill();
    // The sale is the script's: it goes on for as long as the product's data may be as old as that.
    const meanwhile = await buyers.buy('lamp', 'meanwhile');
    expect([200, 503]).toContain(meanwhile.status);
    await postgres.start();
    while ((await buyers.send('GET', '/readyz')).status !== 200);
    for (let i = 0; i < 10; i++) expect((await buyers.buy('lamp', `b${i}`)).status).toBe(200);
    const held = (await buyers.ledger('lamp')).map(({ token }) => token);
    expect(held).toHaveLength(20 + (meanwhile.status === 200 ? 1 : 0));
    for (const token of held) while ((await buyers.stored('lamp', token)) !== 'stored');
    expect((await buyers.send('GET', '/metrics')).text).toContain(
      `oversell_orders_stored{product="lamp"} ${held.length}`,
    );
    await close();
    await own.redis.flushall();
  });

  test('what the database refuses for what it is, is set aside, and the others are stored', async () => {
    const book = await openOrderBook(postgres.url);
    const [name, strategy] = ['poisoned', 'lua-reserve-once'];
    await book.addProduct({ name, stock: 9, strategy, state: 'open', sinceMs: 0 });
    const redis = own.redis.duplicate();
    const stream = new OrderStream(redis, 'one');
    const parts = { stream, book, failpoints: noFailpoints, clock: systemClock, onTrouble: () => undefined };
    const consumer = new Consumer({ ...parts, claimIdleMs: 0 });
    const entry = ['request', 't1', 'user', 'ann', 'quantity', '1'];
    // PostgreSQL has no text with a NUL.
    for (const token of ['t1', 'a\0b', 't2']) {
      await own.redis.xadd(ordersKey(name), '0-*', ...entry.with(1, token));
    }
    while ((await consumer.pass()) === 'worked');
    expect(await book.counts(name)).toEqual({ orders: 2, units: 2, releases: 0, setAside: 1 });
    expect((await book.setAside(1))[0]?.content).toContain(String.raw`a\u0000b`);
    redis.disconnect();
    await book.close();
    await own.redis.flushall();
  });
});
