import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { atMost, LATE } from '../../harness/ground/waiting.ts';
import { openOrderBook } from '../../harness/storefront/book/open-book.ts';
import type { OrderBook } from '../../harness/storefront/book/order-book.ts';
import { ordersOf } from '../../harness/storefront/ledger.ts';
import { Consumer } from '../../harness/storefront/queue/consumer.ts';
import { FAILPOINTS, type Confirmation, type Failpoint } from '../../harness/documents/failpoints.ts';
import { failpointsOf, failpointsOver, noFailpoints } from '../../harness/storefront/queue/failpoints.ts';
import { OrderStream, queueDepth } from '../../harness/storefront/queue/order-stream.ts';
import { ordersKey } from '../../strategies/keys.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { serverWithClient } from '../helpers/exploring.ts';
import { MUTANTS, type Consuming } from '../helpers/consumer-mutants.ts';
import { startSeller } from '../helpers/selling.ts';

const own = serverWithClient();
let folder: string;
let book: OrderBook;
let connections: Redis[];

beforeEach(async () => {
  await own.redis.flushall();
  folder = mkdtempSync(join(tmpdir(), 'oversell-consumer-'));
  book = await openOrderBook(join(folder, 'orders.db'));
  const [name, stock] = ['lamp', 100];
  await book.addProduct({ name, stock, strategy: 'lua-reserve-once', state: 'open', sinceMs: 0 });
  await luaReserveOnce.open(own.redis, { sku: name, stock, permanent: true });
  connections = [];
});
afterEach(async () => {
  for (const redis of connections) redis.disconnect();
  await book.close();
  rmSync(folder, { recursive: true });
});

/** Thrown where a process would be killed: whatever comes after it does not happen. */
class Killed extends Error {}

/** A consumer of its own, which dies where it is told to. */
function consumer(kind: Consuming, dies?: Failpoint, claimIdleMs = 0): ReturnType<Consuming> {
  const redis = own.redis.duplicate();
  connections.push(redis);
  const failpoints = {
    reach(failpoint: Failpoint) {
      if (failpoint === dies) throw new Killed(failpoint);
    },
  };
  const parts = {
    stream: new OrderStream(redis, `c${connections.length}`),
    book,
    failpoints: dies === undefined ? noFailpoints : failpoints,
    clock: systemClock,
    claimIdleMs,
    onTrouble: () => undefined,
  };
  return kind(parts, redis);
}
const right: Consuming = (parts) => new Consumer(parts);

async function sell(tokens: readonly string[]): Promise<void> {
  const seller = await startSeller(luaReserveOnce, own.redis, { sku: 'lamp', stock: 100, permanent: true });
  for (const token of tokens) {
    const { kind } = await seller.purchase(
      { requestId: token, userId: `user of ${token}`, quantity: 1 },
      own.redis,
    );
    expect(kind).toBe('sold');
  }
}

/** Until nothing is left to do. */
async function drain(one: ReturnType<Consuming>): Promise<void> {
  while ((await one.pass()) === 'worked');
}

/** What is wrong with the orders of these tokens: lost, or there more than once. */
async function faults(tokens: readonly string[]): Promise<string[]> {
  const rows = (await book.latest(1_000)).map(({ token }) => token);
  return [
    ...tokens.filter((token) => !rows.includes(token)).map((token) => `${token} is lost`),
    ...rows.filter((token, i) => rows.indexOf(token) !== i).map((token) => `${token} is there twice`),
    ...rows.filter((token) => !tokens.includes(token)).map((token) => `${token} was never sold`),
  ];
}

/** Some are sold, a consumer dies there, another takes over. */
async function dyingAt(kind: Consuming, failpoint: Failpoint): Promise<string[]> {
  const tokens = ['t1', 't2', 't3'];
  await sell(tokens);
  if (failpoint === 'claimed') await consumer(kind, 'read').pass().catch(expectKilled);
  await consumer(kind, failpoint).pass().catch(expectKilled);
  await sell(['t4']);
  await drain(consumer(right));
  return faults([...tokens, 't4']);
}
const expectKilled = (error: unknown): void => {
  if (!(error instanceof Killed)) throw error;
};

describe('each order is stored exactly once', () => {
  test.each(FAILPOINTS)('when a consumer is killed at "%s"', async (failpoint) => {
    expect(await dyingAt(right, failpoint)).toEqual([]);
  });

  test.each(MUTANTS)(
    'a mutant that $mistake is caught when it is killed at "$at"',
    async ({ kind, at, fault }) => {
      expect(await dyingAt(kind, at)).toContainEqual(expect.stringContaining(fault));
    },
  );
});

test('what a consumer works at is not taken from it before it has been idle for so long', async () => {
  await sell(['t1']);
  await consumer(right, 'read').pass().catch(expectKilled);
  // It might still be at work: nobody touches its entry.
  expect(await consumer(right, undefined, 60_000).pass()).toBe('idle');
  expect(await faults(['t1'])).toEqual(['t1 is lost']);
  // A mutant that claims without waiting takes it at once.
  expect(await consumer(right, undefined, 0).pass()).toBe('worked');
});

test('the stream keeps whatever is not stored, and nothing else', async () => {
  await sell(['t1', 't2']);
  await consumer(right, 'committed').pass().catch(expectKilled);
  await sell(['t3']);
  const other = consumer(right, undefined, 60_000);
  await drain(other);
  // t3 is stored and acknowledged; what comes before it waits for the dead one's acknowledgement.
  expect(await own.redis.xlen(ordersKey('lamp'))).toBe(3);
  expect(await queueDepth(own.redis, 'lamp')).toBe(2);
  await drain(consumer(right));
  expect(await own.redis.xlen(ordersKey('lamp'))).toBe(0);
  expect(await queueDepth(own.redis, 'lamp')).toBe(0);
});

test('the ledger has an order wherever it is, and loses one that is released', async () => {
  const seller = await startSeller(luaReserveOnce, own.redis, { sku: 'lamp', stock: 100, permanent: true });
  const ledger = async (): Promise<string[]> =>
    (await ordersOf('lamp', own.redis, book)).map(({ token }) => token).toSorted();
  await sell(['t1', 't2']);
  expect(await ledger()).toEqual(['t1', 't2']);
  await drain(consumer(right));
  await sell(['t3']);
  expect(await ledger()).toEqual(['t1', 't2', 't3']);
  await seller.release!({ requestId: 't1', userId: 'user of t1', quantity: 1 });
  expect(await ledger()).toEqual(['t2', 't3']);
  await drain(consumer(right));
  expect(await ledger()).toEqual(['t2', 't3']);
  expect(await book.find('lamp', 't1')).toMatchObject({ released: true });
});

test('poison is put aside where it can be seen, and keeps no order from being stored', async () => {
  const key = ordersKey('lamp');
  await sell(['t1']);
  await own.redis.xadd(key, '0-*', 'request', 'p1', 'user', 'x', 'quantity', 'many');
  await own.redis.xadd(key, '0-*', 'what', 'ever');
  await own.redis.xadd(key, '0-*', 'request', 'p2', 'user', '', 'quantity', '1');
  // The token of an order that is there, for somebody else.
  await own.redis.xadd(key, '0-*', 'request', 't1', 'user', 'thief', 'quantity', '1');
  await sell(['t2']);
  await drain(consumer(right));
  expect(await faults(['t1', 't2'])).toEqual([]);
  expect(await book.find('lamp', 't1')).toMatchObject({ user: 'user of t1' });
  const aside = await book.setAside(10);
  expect(aside.map(({ entry }) => entry).toSorted()).toEqual(['0-2', '0-3', '0-4', '0-5']);
  expect((await book.counts('lamp')).setAside).toBe(4);
  expect(await queueDepth(own.redis, 'lamp')).toBe(0);
});

test('where stream and group are lost and ids begin anew, no order is overwritten and none is lost', async () => {
  await sell(['t1', 't2']);
  const one = consumer(right);
  await drain(one);
  await own.redis.flushall();
  await luaReserveOnce.open(own.redis, { sku: 'lamp', stock: 100, permanent: true });
  await sell(['t3']);
  await own.redis.xadd(ordersKey('lamp'), '0-*', 'request', 't2', 'user', 'thief', 'quantity', '9');
  await drain(one);
  expect(await faults(['t1', 't2', 't3'])).toEqual([]);
  expect(await book.find('lamp', 't2')).toMatchObject({ user: 'user of t2', quantity: 1 });
  expect(await book.setAside(10)).toHaveLength(1);
});

test('a failpoint is armed over the channel alone, and whoever comes there stands still', async () => {
  const said: Confirmation[] = [];
  const channel = new EventEmitter();
  const arm = (message: unknown): boolean => channel.emit('message', message);
  const failpoints = failpointsOver({
    on: (event, listener) => channel.on(event, listener),
    send: (message) => said.push(message),
  });
  await failpoints.reach('read', ['0-1']);
  for (const nonsense of [null, 'read', { arm: 'nowhere' }]) arm(nonsense);
  await failpoints.reach('committed', ['0-1']);
  expect(said).toEqual([]);
  arm({ arm: 'committed' });
  await failpoints.reach('read', ['0-2']);
  const standing = failpoints.reach('committed', ['0-2']);
  expect(said).toEqual([{ armed: 'committed' }, { standing: 'committed', entries: ['0-2'] }]);
  expect(await atMost(50, Promise.resolve(standing))).toBe(LATE);
  // A process without a channel has nobody who could arm one.
  const listening = { on: () => process, once: () => process };
  expect(failpointsOf({ ...listening, kill: () => true, pid: 1 })).toBe(noFailpoints);
});
