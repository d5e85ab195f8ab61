import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { serveReportSchema } from '../../harness/documents/storefront.ts';
import { openStorefront } from '../../harness/storefront/storefront.ts';
import { functionReserveOnce } from '../../strategies/function-reserve-once.ts';
import { stockKey } from '../../strategies/keys.ts';
import { luaCoalesced } from '../../strategies/lua-coalesced.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { queueSingleConsumer } from '../../strategies/queue-single-consumer.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { CLI, oversell, start, type Running } from '../helpers/command.ts';
import { serverWithClient } from '../helpers/exploring.ts';
import { rejection } from '../helpers/machines.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { Buyers, storefrontOptions } from '../helpers/storefront.ts';
import { thisServer } from '../helpers/this-server.ts';
import { sometimes } from '../helpers/rotating.ts';

const WITHOUT_PACKAGE = fileURLToPath(new URL('../helpers/without-package.mjs', import.meta.url));
const own = serverWithClient();

/** A process of `serve`, once it is open. */
async function serving(data: string, ...args: string[]): Promise<Running & { buyers: Buyers }> {
  const consumes = !args.includes('web') && !args.includes('--no-orders');
  const claiming = consumes ? ['--claim-idle-ms', '300'] : [];
  const running = oversell(['serve', '--port', '0', '--data', data, ...claiming, ...args]);
  let told = '';
  running.child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  await running.said('open at http');
  const url = /open at (\S+)/.exec(told)![1]!;
  return { ...running, buyers: new Buyers(url) };
}
/** The command where these packages are not installed. */
const without = (words: string[]): Running =>
  start(process.execPath, ['--import', WITHOUT_PACKAGE, CLI, ...words], { WITHOUT: 'hono,libsql' });

const privately = async (): Promise<string[]> => ['--redis-server', (await thisServer()).path];

async function codeOf(opening: Promise<unknown>): Promise<unknown> {
  return ((await rejection(opening)) as { code?: string }).code;
}

describe('what was sold survives', () => {
  sometimes(
    'a kill -9 between purchases: every order is there, and the sale goes on where it was',
    async () => {
      const data = temporaryFolder();
      const tokens: string[] = [];
      for (let round = 0; round < 4; round++) {
        const { child, buyers } = await serving(data, ...(await privately()));
        await buyers.open('lamp', 6);
        for (let i = 0; i < 2; i++) {
          const token = `t${tokens.length}`;
          const { status } = await buyers.buy('lamp', token);
          expect(status).toBe(round < 3 ? 200 : 404);
          if (status === 200) tokens.push(token);
        }
        for (const token of tokens) expect((await buyers.buy('lamp', token)).body['again']).toBe(true);
        const held = (await buyers.ledger('lamp')).map(({ token }) => token).toSorted();
        expect(held).toEqual(tokens);
        if (round === 3)
          for (const token of tokens) expect(await buyers.stored('lamp', token)).toBe('stored');
        const gone = once(child, 'close');
        child.kill('SIGKILL');
        await gone;
      }
    },
  );

  sometimes('an end in order finishes what was accepted, and prints what it was', async () => {
    const data = temporaryFolder();
    const { child, buyers, ended } = await serving(data, ...(await privately()), '--json');
    await buyers.open('lamp', 500);
    const asked = Array.from({ length: 100 }, (_, i) =>
      buyers.buy('lamp', `t${i}`).then(
        ({ status }) => [`t${i}`, status] as const,
        () => [`t${i}`, 0] as const,
      ),
    );
    await asked[0];
    child.kill('SIGTERM');
    const heard = await Promise.all(asked);
    const { exitCode, stdout } = await ended;
    expect(exitCode).toBe(143);
    expect(serveReportSchema.parse(JSON.parse(stdout)).description).toContain('lua-reserve-once');
    const again = await serving(data, ...(await privately()));
    const held = (await again.buyers.ledger('lamp')).map(({ token }) => token);
    // Whoever was not answered never got in.
    expect(held.toSorted()).toEqual(
      heard
        .filter(([, status]) => status === 200)
        .map(([token]) => token)
        .toSorted(),
    );
    again.child.kill('SIGTERM');
    await again.ended;
  });

  sometimes('a folder belongs to one storefront at a time', async () => {
    const data = temporaryFolder();
    const first = await serving(data, ...(await privately()));
    const second = await oversell(['serve', '--port', '0', '--data', data]).ended;
    expect(second).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('belongs to a storefront that runs'),
    });
    first.child.kill('SIGTERM');
    await first.ended;
  });
});

describe('on a Redis of the user’s', () => {
  test('keys stay under the prefix, and nothing else is touched', async () => {
    await own.redis.set('theirs', 'kept');
    const redis = `unix://${own.target.options.path}`;
    const options = await storefrontOptions(temporaryFolder(), { redis, prefix: 'stall:' });
    const { url, close } = await openStorefront(options);
    const buyers = new Buyers(url!);
    await buyers.open('lamp', 2);
    await buyers.buy('lamp', 't1');
    expect(await buyers.stored('lamp', 't1')).toBe('stored');
    await close();
    const keys = (await own.redis.keys('*')).filter((key) => !key.startsWith('stall:'));
    expect(keys).toEqual(['theirs']);
    expect(await own.redis.get(`stall:${stockKey('lamp')}`)).toBe('1');
    await own.redis.flushall();
  });

  test.each([luaCoalesced, functionReserveOnce])('$name sells and records orders', async (strategy) => {
    const redis = `unix://${own.target.options.path}`;
    const options = await storefrontOptions(temporaryFolder(), { redis, strategy });
    const { url, close } = await openStorefront(options);
    const buyers = new Buyers(url!);
    await buyers.open('lamp', 50);
    const tokens = Array.from({ length: 60 }, (_, i) => `t${i}`);
    const heard = await Promise.all(tokens.map((token) => buyers.buy('lamp', token)));
    expect(heard.filter(({ status }) => status === 200)).toHaveLength(50);
    const [sold] = tokens.filter((_, i) => heard[i]!.status === 200);
    expect((await buyers.buy('lamp', sold!)).body['again']).toBe(true);
    expect((await buyers.buy('lamp', sold!, { user: 'thief' })).body['code']).toBe('other-request');
    await buyers.send('DELETE', `/purchase/${sold}?product=lamp&user=${sold}`);
    expect((await buyers.buy('lamp', sold!)).body['code']).toBe('token-released');
    while ((await buyers.stored('lamp', sold!)) !== 'released');
    expect(await buyers.ledger('lamp')).toHaveLength(49);
    await close();
    await own.redis.flushall();
  });

  test('stock that is lost closes the product until it is opened by hand, and no token buys twice then', async () => {
    const redis = `unix://${own.target.options.path}`;
    const { url, close } = await openStorefront(
      await storefrontOptions(temporaryFolder(), { redis, staleMs: 0 }),
    );
    const buyers = new Buyers(url!);
    await buyers.open('lamp', 9, 2);
    for (const token of ['kept', 'back']) await buyers.buy('lamp', token, { user: 'ann' });
    await buyers.send('DELETE', '/purchase/back?product=lamp&user=ann');
    while ((await buyers.stored('lamp', 'back')) !== 'released');
    while ((await buyers.stored('lamp', 'kept')) !== 'stored');
    await own.redis.flushall();
    expect((await buyers.json('POST', '/products/lamp/reopen', { stock: 3 })).body['code']).toBe(
      'not-closed',
    );
    for (let i = 0; i < 2; i++) {
      const refused = await buyers.buy('lamp', 'new');
      expect([refused.status, refused.body['code']]).toEqual([503, 'stock-lost']);
    }
    expect((await buyers.open('lamp', 9, 2)).body).toMatchObject({ product: { state: 'closed' } });
    expect(await own.redis.exists(`shop:${stockKey('lamp')}`)).toBe(0);
    expect((await buyers.json('POST', '/products/lamp/reopen', { stock: 3 })).body).toMatchObject({
      code: 'reopened',
      product: { stock: 4, left: 3 },
    });
    expect((await buyers.buy('lamp', 'kept', { user: 'ann' })).body).toMatchObject({ again: true, left: 3 });
    expect((await buyers.buy('lamp', 'back', { user: 'ann' })).body['code']).toBe('token-released');
    expect((await buyers.buy('lamp', 'n1', { user: 'ann' })).body['code']).toBe('success');
    expect((await buyers.buy('lamp', 'n2', { user: 'ann' })).body['code']).toBe('limit-reached');
    await close();
    await own.redis.flushall();
  });

  test('a web process and two consumers of one order book work together', async () => {
    const data = temporaryFolder();
    const redis = `unix://${own.target.options.path}`;
    const web = await serving(data, '--redis', redis, '--role', 'web');
    const consumers = [1, 2].map(() =>
      oversell(['serve', '--data', data, '--redis', redis, '--role', 'consumer']),
    );
    for (const consumer of consumers) await consumer.said('storing orders');
    await web.buyers.open('lamp', 40);
    const tokens = Array.from({ length: 60 }, (_, i) => `t${i}`);
    const heard = await Promise.all(tokens.map((token) => web.buyers.buy('lamp', token)));
    const sold = tokens.filter((_, i) => heard[i]!.status === 200);
    expect(sold).toHaveLength(40);
    for (const token of sold) expect(await web.buyers.stored('lamp', token)).toBe('stored');
    for (const { child, ended } of [web, ...consumers]) {
      child.kill('SIGTERM');
      await ended;
    }
    await own.redis.flushall();
  });
});

describe('what cannot be served is refused before anything is sold', () => {
  test('a strategy that records no orders needs --no-orders, and then it sells', async () => {
    const data = temporaryFolder();
    expect(await codeOf(openStorefront(await storefrontOptions(data, { strategy: luaDecrement })))).toBe(
      'NO_ORDERS',
    );
    for (const strategy of [luaDecrement, watchRetry]) {
      const given = { strategy, orders: false };
      const { url, close } = await openStorefront(await storefrontOptions(temporaryFolder(), given));
      const buyers = new Buyers(url!);
      await buyers.open('lamp', 5);
      const heard = await Promise.all(Array.from({ length: 8 }, (_, i) => buyers.buy('lamp', `t${i}`)));
      // Under contention some are told to ask again, which surely had no effect.
      const sold = heard.filter(({ status }) => status === 200).length;
      expect(heard.every(({ status }) => [200, 404, 503].includes(status))).toBe(true);
      expect((await buyers.send('GET', '/products/lamp')).body).toMatchObject({
        product: { left: 5 - sold },
      });
      expect((await buyers.send('GET', '/orders/t1?product=lamp')).status).toBe(501);
      await close();
    }
  });

  test('one that needs background work is refused, and so is another one than has sold there before', async () => {
    const data = temporaryFolder();
    const given = { strategy: queueSingleConsumer, orders: false };
    expect(await codeOf(openStorefront(await storefrontOptions(data, given)))).toBe('NOT_SERVABLE');
    const { url, close } = await openStorefront(await storefrontOptions(data));
    await new Buyers(url!).open('lamp', 1);
    await close();
    const other = storefrontOptions(data, { strategy: luaCoalesced });
    expect(await codeOf(openStorefront(await other))).toBe('OTHER_STRATEGY');
  });

  test('beyond loopback, nobody creates products or reads all orders without the token', async () => {
    const data = temporaryFolder();
    expect(await codeOf(openStorefront(await storefrontOptions(data, { host: '0.0.0.0' })))).toBe(
      'OPEN_TO_ALL',
    );
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, 'too short');
    const short = storefrontOptions(data, { adminTokenFile: file });
    expect(await codeOf(openStorefront(await short))).toBe('ADMIN_TOKEN');
    writeFileSync(file, 'a secret of the administrator\n');
    const { url, close } = await openStorefront(await storefrontOptions(data, { adminTokenFile: file }));
    const product = {
      body: '{"name":"lamp","stock":1}',
      headers: { 'content-type': 'application/json', authorization: 'Bearer a secret of the administrator' },
    };
    const buyers = new Buyers(url!);
    expect((await buyers.open('lamp', 1)).status).toBe(401);
    expect((await buyers.send('GET', '/products/lamp/orders')).status).toBe(401);
    expect((await buyers.send('POST', '/products', product)).status).toBe(201);
    expect((await buyers.buy('lamp', 't1')).status).toBe(200);
    await close();
  });

  test.each([
    [['--role', 'web'], 'needs'],
    [['--strategy', './mine.ts'], 'no built-in'],
    [['--redis', 'redis://127.0.0.1:1', '--role', 'consumer', '--no-orders'], 'nothing to consume'],
  ])('%j is refused', async (args) => {
    const { exitCode, stderr } = await oversell(['serve', '--data', temporaryFolder(), ...args]).ended;
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/give|leave|list/)]);
  });

  test('a package that is missing is named with the command that brings it, and other commands need none', async () => {
    const served = await without(['serve', '--data', temporaryFolder()]).ended;
    expect(served).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('npm install hono@4 libsql@0.5.29'),
    });
    expect((await without(['list']).ended).exitCode).toBe(0);
  });
});
