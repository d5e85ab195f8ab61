import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EnvironmentError, UsageError } from '../../harness/ground/errors.ts';
import { borrowServer } from '../../harness/redis/borrowed.ts';
import { startServer } from '../../harness/redis/server.ts';
import { loadNotice, requirePrivate, type RedisTarget } from '../../harness/redis/target.ts';
import type { Sale, Strategy } from '../../strategies/contract.ts';
import { registry } from '../../strategies/registry.ts';
import { sellable } from '../helpers/built-ins.ts';
import { rejection } from '../helpers/machines.ts';
import { startSeller } from '../helpers/selling.ts';
import { thisServer } from '../helpers/this-server.ts';

const DATABASES = 16;
const SALE: Sale = { sku: 'shoe', stock: 3 };

/** A server as somebody else uses it; ours to start and stop, but not to change. */
let owned: RedisTarget;
let owner: Redis;
let url: string;
beforeEach(async () => {
  owned = await startServer(await thisServer(), {
    listen: 'tcp',
    args: ['--databases', String(DATABASES)],
  });
  owner = new Redis(owned.options);
  url = `redis://127.0.0.1:${owned.options.port}/2`;
  await fill(owner);
});
afterEach(async () => {
  owner.disconnect();
  await owned.close();
});

/** Foreign keys of several types, some with a time to live, in several databases, and a foreign function. */
async function fill(redis: Redis): Promise<void> {
  for (const db of [0, 2, 9]) {
    await redis.select(db);
    await redis.set('{shoe}:stock', `foreign ${db}`); // the very key that a strategy uses, without our prefix
    await redis.set('expiring', 'later', 'EX', 100_000);
    await redis.hset('{shoe}:holdings', { alice: 1 });
    await redis.xadd('{shoe}:orders', '1-1', 'order', 'foreign');
    await redis.sadd('oversell:', 'a key that begins almost as ours do');
  }
  await redis.select(0);
  await redis.function(
    'LOAD',
    `#!lua name=foreign\nredis.register_function('theirs', function() return 1 end)`,
  );
}

/** Everything on the server that somebody could miss. */
async function snapshot(redis: Redis): Promise<unknown> {
  const databases: unknown[] = [];
  for (let db = 0; db < DATABASES; db++) {
    await redis.select(db);
    const keys = (await redis.keys('*')).toSorted();
    const values = keys.map(async (key) => [key, await redis.dumpBuffer(key), (await redis.pttl(key)) >= 0]);
    databases.push({ size: await redis.dbsize(), values: await Promise.all(values) });
  }
  await redis.select(0);
  const functions = await redis.call('FUNCTION', 'LIST', 'WITHCODE');
  return { databases, functions, settings: await redis.config('GET', '*') };
}

/** Sells a small sale out, as the load does: through connections made from the target's options. */
async function sellOut(strategy: Strategy, target: RedisTarget): Promise<string[]> {
  const redis = new Redis(target.options);
  try {
    await strategy.open(redis, SALE);
    const seller = await startSeller(strategy, redis, SALE);
    const outcomes: string[] = [];
    for (let i = 0; i <= SALE.stock; i++) {
      // Strategies that share their keys' names must not take each other's requests for their own.
      const request = { requestId: `${strategy.name}-${i}`, userId: `u${i}`, quantity: 1 };
      outcomes.push((await seller.purchase(request, redis)).kind);
    }
    expect(await seller.remaining()).toBe(0);
    await seller.recorded?.();
    return outcomes;
  } finally {
    redis.disconnect();
  }
}

const PREFIX = 'oversell:run-1:';
/** As INFO commandstats names them. MONITOR hides what administrators do, and the statistics do not. */
const FORBIDDEN =
  /^cmdstat_(flush|swapdb|debug|shutdown|replicaof|acl|config\|(set|rewrite)|script\|flush|function\|(flush|restore))/;

interface Watched {
  /** Commands that the server ran, those that scripts called included. */
  commands: string[][];
  /** What a borrower must not do: forbidden commands by name, and commands on a key without our prefix in full. */
  breaches: string[];
}

async function watching(task: () => Promise<unknown>): Promise<Watched> {
  const commands: string[][] = [];
  await owner.config('RESETSTAT');
  const monitor = await owner.monitor();
  const end = `end of ${expect.getState().currentTestName}`;
  const seen = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, command: string[]) => {
      if (command[1] === end) resolve();
      else commands.push(command);
    });
  });
  await task();
  await owner.echo(end);
  await seen;
  monitor.disconnect();
  const statistics = (await owner.info('commandstats')).split('\r\n');
  const breaches = statistics.filter((line) => FORBIDDEN.test(line)).map((line) => line.split(':')[0]!);
  for (const command of commands) {
    // The server itself says which arguments are keys; it answers an error for a command that has none.
    const keys = await owner.command('GETKEYS', ...(command as [string])).catch(() => []);
    if ((keys as string[]).some((key) => !key.startsWith(PREFIX))) breaches.push(command.join(' '));
  }
  return { commands, breaches };
}

describe('a borrowed server', () => {
  test('is after the run of every strategy as it was before, and no foreign key is touched meanwhile', async () => {
    const before = await snapshot(owner);
    const { commands, breaches } = await watching(async () => {
      const target = await borrowServer(url, 'run-1');
      for (const { strategy } of sellable) {
        expect(await sellOut(strategy, target)).toEqual(['sold', 'sold', 'sold', 'sold-out']);
      }
      await target.close();
    });
    expect(breaches).toEqual([]);
    expect(await snapshot(owner)).toEqual(before);
    // The watcher saw the run, and the scripts' own commands too.
    const keys = commands.filter(([name]) => name!.toLowerCase() === 'decrby').map(([, key]) => key);
    expect(keys.length).toBeGreaterThan(0);
    // One strategy spreads the stock over keys with a hash tag of their own.
    const ours = new RegExp(`^${PREFIX}\\{shoe(:\\d)?\\}:stock$`);
    expect(keys.filter((key) => !ours.test(key!))).toEqual([]);
  });

  test('while a run goes on holds our keys beside the foreign ones', async () => {
    const target = await borrowServer(url, 'run-1');
    const other = await borrowServer(url, 'run-10');
    for (const { strategy } of sellable) await sellOut(strategy, target);
    await sellOut(registry[0]!.strategy, other);
    await owner.select(2);
    expect((await owner.keys(`${PREFIX}*`)).length).toBeGreaterThan(3);
    await target.close();
    expect(await owner.keys('oversell:run-1*')).toEqual(['oversell:run-10:{shoe}:stock']);
    await other.close();
    expect(await owner.keys('oversell:run-1*')).toEqual([]);
  });

  test.each([
    ['a script that writes a key it does not declare', 'EVAL', `return redis.call('SET', 'raw', 1)`, 0],
    ['a script that leaves the database', 'EVAL', `redis.call('SELECT', 5) redis.call('SET', 'raw', 1)`, 0],
    ['FLUSHDB', 'FLUSHDB'],
    ['FLUSHALL', 'FLUSHALL'],
    ['CONFIG SET', 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'],
    ['SCRIPT FLUSH', 'SCRIPT', 'FLUSH'],
    ['FUNCTION FLUSH', 'FUNCTION', 'FLUSH'],
    ['DEBUG', 'DEBUG', 'SLEEP', 0],
  ])('is watched closely enough to see %s', async (_, command, ...args) => {
    const { breaches } = await watching(async () => {
      const target = await borrowServer(url, 'run-1');
      const redis = new Redis(target.options);
      await redis.call(command, ...args).catch(() => undefined); // DEBUG is refused, and counted
      redis.disconnect();
      await target.close();
    });
    expect(breaches).toHaveLength(1);
  });

  test.each(['key', 'expiry', 'function'])(
    'a foreign %s that was changed shows in the snapshot of the server',
    async (what) => {
      const before = await snapshot(owner);
      await owner.select(9);
      if (what === 'key') await owner.hset('{shoe}:holdings', 'alice', 2);
      else if (what === 'expiry') await owner.persist('expiring');
      else await owner.function('DELETE', 'foreign');
      expect(await snapshot(owner)).not.toEqual(before);
    },
  );
});

async function libraries(): Promise<string[]> {
  const entries = (await owner.call('FUNCTION', 'LIST')) as string[][];
  return entries.map((fields) => fields[1]!).toSorted();
}

describe('function libraries on a borrowed server', () => {
  const withFunction = registry.find(({ strategy }) => strategy.name === 'function-decrement')!.strategy;

  test('that were there before stay', async () => {
    await withFunction.open(owner, { sku: 'earlier', stock: 1 });
    const target = await borrowServer(url, 'run-1');
    await sellOut(withFunction, target);
    await target.close();
    expect(await libraries()).toEqual(['foreign', 'oversell_decrement_v1']);
  });

  test('of our name but with another code are never replaced', async () => {
    const code = `#!lua name=oversell_decrement_v1\nredis.register_function('other', function() return 1 end)`;
    await owner.function('LOAD', code);
    const before = await snapshot(owner);
    const error = await rejection(borrowServer(url, 'run-1'));
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({
      code: 'FOREIGN_LIBRARY',
      remedy: expect.stringContaining('FUNCTION DELETE'),
    });
    expect(await snapshot(owner)).toEqual(before);
  });
});

describe('a server that cannot be borrowed', () => {
  test('because nobody answers is an error of the environment that repeats no password', async () => {
    const error = await rejection(borrowServer('redis://:s3cret@127.0.0.1:1', 'run-1'));
    expect(error).toBeInstanceOf(EnvironmentError);
    expect((error as Error).message).toMatch(/ECONNREFUSED/);
    expect(JSON.stringify(error) + String(error)).not.toContain('s3cret');
  });

  test('because it wants a password says so', async () => {
    await owner.config('SET', 'requirepass', 's3cret');
    const error = await rejection(borrowServer(url, 'run-1'));
    expect(error).toMatchObject({
      code: 'NO_LOGIN',
      exitCode: 2,
      remedy: expect.stringContaining('redis://<user>:'),
    });
    const target = await borrowServer(url.replace('//', '//:s3cret@'), 'run-1');
    expect(target.description).not.toContain('s3cret');
    await target.close();
  });

  test.each(['-scan', '-unlink', '-select', '-info'])(
    'because a run could not tidy up there is refused before anything is written: %s',
    async (rule) => {
      await owner.call('ACL', 'SETUSER', 'guest', 'on', '>s3cret', '~*', '&*', '+@all', rule);
      const before = await snapshot(owner);
      const guest = url.replace('//', '//guest:s3cret@');
      expect(await rejection(borrowServer(guest, 'run-1'))).toMatchObject({
        code: 'NO_PERMISSION',
        exitCode: 2,
        message: `--redis: the login in the URL may not run ${rule.slice(1).toUpperCase()}, which a run needs`,
        remedy: expect.stringContaining(`+${rule.slice(1)})`),
      });
      expect(await snapshot(owner)).toEqual(before);
      await owner.call('ACL', 'SETUSER', 'guest', '+@all');
      const target = await borrowServer(guest, 'run-1');
      await target.close();
    },
  );

  test('because it lacks the database, or evicts, is refused', async () => {
    const refused = (database: number): Promise<unknown> =>
      rejection(borrowServer(url.replace(/2$/, String(database)), 'run-1'));
    expect(await refused(DATABASES)).toMatchObject({ code: 'NO_SUCH_DATABASE', exitCode: 2 });
    await owner.config('SET', 'maxmemory-policy', 'allkeys-random');
    // Without a limit, nothing is ever evicted.
    await (await borrowServer(url, 'run-1')).close();
    await owner.config('SET', 'maxmemory', '100mb');
    expect(await refused(2)).toMatchObject({ code: 'UNFIT_SERVER', exitCode: 2 });
    await owner.config('SET', 'maxmemory-policy', 'noeviction');
    const target = await borrowServer(url, 'run-1');
    expect(loadNotice(target)).toContain('its memory is limited');
    await target.close();
    expect(loadNotice(owned)).toBeUndefined();
  });

  test('because it is a replica is refused', async () => {
    await owner.replicaof('127.0.0.1', 1);
    expect(await rejection(borrowServer(url, 'run-1'))).toMatchObject({ code: 'UNFIT_SERVER', exitCode: 2 });
  });

  test('because it went away leaves its keys, and says how to remove them', async () => {
    const target = await borrowServer(url, 'run-1');
    await owned.close();
    const error = await rejection(target.close());
    expect(error).toMatchObject({ code: 'KEYS_LEFT', remedy: expect.stringContaining(`'${PREFIX}*'`) });
  });
});

test('a command that needs a server of its own never takes a borrowed one', async () => {
  const target = await borrowServer(url, 'run-1');
  expect(() => requirePrivate(target, 'explore')).toThrow(UsageError);
  expect(() => requirePrivate(target, 'explore')).toThrow(/^explore needs a server of its own/);
  expect(() => requirePrivate(owned, 'explore')).not.toThrow();
  await target.close();
});
