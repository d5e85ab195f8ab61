import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Redis } from 'ioredis';
import { startServer } from '../../harness/redis/server.ts';
import { GUEST, GuestRoom, secretsIn, secretsLeft, stay, type Stay } from '../helpers/guest-room.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';
import { Buyers } from '../helpers/storefront.ts';
import { thisServer } from '../helpers/this-server.ts';

let room: GuestRoom;
beforeAll(async () => {
  room = await GuestRoom.open();
}, 60_000);
afterAll(() => room.close());

const source = readFileSync(new URL('../../strategies/function-reserve-once.lua', import.meta.url), 'utf8');
const LIBRARY = /^#!lua name=(\w+)/.exec(source)![1]!;
const PREFIX = 'stall:';
const LOGIN = `${GUEST.username}:${encodeURIComponent(GUEST.password)}`;

/** A shop on the guest's server, and its buyers once it is open. */
async function shop(...words: string[]): Promise<{ stayed: Stay; buyers: Buyers }> {
  const stayed = stay(['serve', '--port', '0', '--prefix', PREFIX, '--redis', room.url, ...words]);
  let told = '';
  stayed.running.child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  await stayed.running.said('open at http');
  return { stayed, buyers: new Buyers(/open at (\S+)/.exec(told)![1]!) };
}

/** Sells, and asks for all that a shop tells. @returns every answer */
async function sell(buyers: Buyers): Promise<string> {
  const heard = [await buyers.open('lamp', 2, 1)];
  for (const token of ['t1', 't2', 't3']) heard.push(await buyers.buy('lamp', token));
  expect(heard.map(({ status }) => status)).toEqual([201, 200, 200, 404]);
  for (const token of ['t1', 't2']) expect(await buyers.stored('lamp', token)).toBe('stored');
  for (const path of ['/', '/metrics', '/healthz', '/readyz', '/products/lamp', '/products/lamp/orders'])
    heard.push(await buyers.send('GET', path));
  return heard.map(({ text, headers }) => text + JSON.stringify([...headers])).join('\n');
}

/** Everything that the shop left is under its prefix; without it, the server is as it was. */
async function expectAsBefore(): Promise<void> {
  const keys = await room.owner.keys(`${PREFIX}*`);
  if (keys.length > 0) await room.owner.unlink(keys);
  expect(await room.isAsBefore()).toBe(true);
  expect(secretsIn(room.monitored())).toEqual([]);
}

describe('a shop on a password-protected server of somebody else: its login stands nowhere, and its keys are as before', () => {
  const signals = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const;
  test.each(rotating(signals, 1, 'shop signals'))('ended by %s (%i)', async (signal, exitCode) => {
    const { stayed, buyers } = await shop('--json');
    expect(secretsIn(await sell(buyers))).toEqual([]);
    stayed.running.child.kill(signal);
    const ended = await stayed.running.ended;
    expect(ended).toMatchObject({ exitCode });
    expect(secretsLeft(stayed, ended)).toEqual([]);
    expect(await room.owner.keys(`${PREFIX}*`)).not.toEqual([]);
    await expectAsBefore();
  });

  sometimes('killed, and in two roles', async () => {
    const { stayed, buyers } = await shop('--role', 'web');
    const words = ['serve', '--prefix', PREFIX, '--redis', room.url, '--role', 'consumer'];
    const consumer = stay([...words, '--data', `${stayed.folder}/oversell-shop`]);
    await consumer.running.said('storing orders');
    await sell(buyers);
    for (const one of [stayed, consumer]) {
      one.running.child.kill('SIGKILL');
      // Each sees the other's command line for as long as that has not begun.
      const titles = new Set<string>();
      expect(secretsLeft({ ...one, titles }, await one.running.ended)).toEqual([]);
    }
    await expectAsBefore();
  });

  const errors = [
    ['a database that it has not', () => ['--redis', room.url.replace(/2$/, '99')], 2, 'NO_SUCH_DATABASE'],
    ['a wrong password', () => ['--redis', room.url.replace('s3cret', 's3cret%25')], 2, 'WRONG_LOGIN'],
    [
      'an order book that cannot be had',
      () => ['--redis', room.url, '--database', `postgres://${LOGIN}@127.0.0.1:1/shop`],
      4,
      'DATABASE_UNUSABLE',
    ],
  ] as const;
  test.each(rotating(errors, 1, 'shop errors'))(
    '%s is an error, which tells no login',
    async (_, words, exitCode, code) => {
      const stayed = stay(['serve', '--port', '0', ...words(), '--json']);
      const ended = await stayed.running.ended;
      expect(ended).toMatchObject({ exitCode });
      expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code } });
      expect(secretsLeft(stayed, ended)).toEqual([]);
      await expectAsBefore();
    },
  );
});

describe('a server that is unfit for a shop is refused before anything is sold', () => {
  test.each([
    ['evicts its owner’s keys', ['CONFIG', 'SET', 'maxmemory', '8mb'], 'UNFIT_SERVER'],
    [
      'has another library of that name',
      ['FUNCTION', 'LOAD', `#!lua name=${LIBRARY}\nredis.register_function('f', function() end)`],
      'FOREIGN_LIBRARY',
    ],
  ])('as it %s', async (_, [command, ...args], code) => {
    const given = ['--maxmemory-policy', 'allkeys-lru'];
    const target = await startServer(await thisServer(), { listen: 'tcp', args: given });
    const owner = new Redis(target.options);
    try {
      await owner.call(command!, ...args);
      const libraries = await owner.call('FUNCTION', 'LIST', 'WITHCODE');
      const url = `redis://127.0.0.1:${target.options.port}`;
      const words = ['serve', '--port', '0', '--strategy', 'function-reserve-once', '--redis', url, '--json'];
      const { exitCode, stdout } = await stay(words).running.ended;
      expect(exitCode).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code } });
      expect(await owner.call('FUNCTION', 'LIST', 'WITHCODE')).toEqual(libraries);
      expect(await owner.dbsize()).toBe(0);
    } finally {
      owner.disconnect();
      await target.close();
    }
  });
});
