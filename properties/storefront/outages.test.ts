import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeTogether } from '../../harness/storefront/connections.ts';
import { openStorefront, type Storefront } from '../../harness/storefront/storefront.ts';
import { serverWithClient } from '../helpers/exploring.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { Buyers, storefrontOptions, type Reply } from '../helpers/storefront.ts';

const own = serverWithClient();
const IN_FLIGHT = 8;

let storefront: Storefront;
let buyers: Buyers;
beforeEach(async () => {
  const redis = `unix://${own.target.options.path}`;
  const given = { redis, mostInFlight: IN_FLIGHT };
  storefront = await openStorefront(await storefrontOptions(temporaryFolder(), given));
  buyers = new Buyers(storefront.url!);
  await buyers.open('lamp', 100);
});
afterEach(async () => {
  await storefront.close();
  await own.redis.flushall();
});

const codesOf = (replies: readonly Reply[]): unknown[] => replies.map(({ body }) => body['code']);
const tokens = (count: number): string[] => Array.from({ length: count }, (_, i) => `t${i}`);
const left = async (): Promise<unknown> =>
  ((await buyers.send('GET', '/products/lamp')).body['product'] as { left: number }).left;

/** A purchase that is in the server's hands: it has asked for the body. `status`: of its answer */
async function accepted(body: object): Promise<{ status: Promise<number> }> {
  const headers = { 'content-type': 'application/json', expect: '100-continue' };
  const asking = request(new URL('/purchase', buyers.url), { method: 'POST', headers });
  const status = once(asking, 'response').then(
    ([response]) => (response as { statusCode: number }).statusCode,
  );
  asking.flushHeaders();
  await once(asking, 'continue');
  asking.end(JSON.stringify(body));
  await once(asking, 'finish');
  return { status };
}

/** Scripts wait until they are let go. */
const pause = (): Promise<unknown> => own.redis.client('PAUSE', 600_000, 'WRITE');
const letGo = (): Promise<unknown> => own.redis.client('UNPAUSE');

describe('while the store stands still', () => {
  test('so many purchases wait, and others are told when to come back; in the end all have bought once', async () => {
    await pause();
    const asked = tokens(3 * IN_FLIGHT).map((token) => buyers.buy('lamp', token));
    // Those that wait answer nothing.
    const first = await Promise.race(asked);
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '1']);
    await letGo();
    await Promise.all(asked);
    for (const token of tokens(3 * IN_FLIGHT)) expect((await buyers.buy('lamp', token)).status).toBe(200);
    expect(await left()).toBe(100 - 3 * IN_FLIGHT);
  });

  test('bodies that come slowly are not under way, and keep nobody from buying', async () => {
    const head =
      'POST /purchase HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n';
    const slow = tokens(2 * IN_FLIGHT).map(() => connect(Number(new URL(buyers.url).port), '127.0.0.1'));
    for (const socket of slow) {
      socket.write(`${head}content-length: 99\r\n\r\n`);
      // The server waits for its body.
      await once(socket, 'data');
    }
    expect((await buyers.buy('lamp', 't')).status).toBe(200);
    for (const socket of slow) socket.destroy();
  });

  test('a purchase without an answer is unknown, and the same token asks what became of it', async () => {
    await pause();
    const heard = await Promise.all(tokens(4).map((token) => buyers.buy('lamp', token)));
    expect(codesOf(heard)).toEqual(tokens(4).map(() => 'unknown'));
    expect(heard.every(({ status, headers }) => status === 504 && headers.get('retry-after') === '1')).toBe(
      true,
    );
    await letGo();
    // What was sent has run by now.
    const again = await Promise.all(tokens(4).map((token) => buyers.buy('lamp', token)));
    expect(again.map(({ status, body }) => [status, body['again']])).toEqual(
      tokens(4).map(() => [200, true]),
    );
    expect(await left()).toBe(96);
    expect(await buyers.ledger('lamp')).toHaveLength(4);
  });
});

/** How often the connection is written to when so many commands are sent in one turn of the event loop. */
async function writes(commands: number, prepare: (redis: Redis) => void): Promise<number> {
  const redis = own.redis.duplicate();
  await once(redis, 'ready');
  prepare(redis);
  let count = 0;
  for (const method of ['_write', '_writev'] as const) {
    const write = redis.stream[method]!.bind(redis.stream) as (...args: unknown[]) => void;
    redis.stream[method] = (...args: unknown[]) => {
      count++;
      write(...args);
    };
  }
  const replies = tokens(commands).map((token) => redis.echo(token));
  expect(await Promise.all(replies)).toEqual(tokens(commands));
  redis.disconnect();
  return count;
}

describe('what purchases send at once', () => {
  test('goes out in one write, and every answer comes to who asked; as the client does it, each is a write', async () => {
    expect(await writes(50, writeTogether)).toBe(1);
    expect(await writes(50, () => undefined)).toBe(50);
  });
});

/** Breaks every connection of others, in the middle of what they do. */
const cut = (): Promise<unknown> => own.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

describe('when connections break', () => {
  test('no purchase is sold twice, none is lost, and whoever is told 503 has bought nothing', async () => {
    const sold = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const asking = tokens(6).map(
        (token) => [`${round}-${token}`, buyers.buy('lamp', `${round}-${token}`)] as const,
      );
      await cut();
      for (const [token, reply] of asking) {
        const { status, body } = await reply;
        expect([200, 503, 504]).toContain(status);
        const known = await own.redis.hexists('shop:{lamp}:answers', token);
        if (status === 503) expect([body['code'], known]).toEqual(['unavailable', 0]);
        if (status === 200 || known === 1) sold.add(token);
      }
      while ((await buyers.send('GET', '/readyz')).status !== 200);
    }
    expect(await left()).toBe(100 - sold.size);
    for (const token of sold) while ((await buyers.stored('lamp', token)) !== 'stored');
    expect((await buyers.ledger('lamp')).map(({ token }) => token).toSorted()).toEqual([...sold].toSorted());
  });
});

describe('an end in order', () => {
  test('answers whoever is under way, takes nobody else, and ends every page that watches', async () => {
    const feed = await fetch(new URL('/live', buyers.url));
    await own.redis.client('PAUSE', 600_000, 'WRITE');
    const asked = tokens(5).map((token) => accepted({ product: 'lamp', user: token, token, quantity: 1 }));
    const answers = await Promise.all(asked);
    const closing = storefront.close();
    const late = connect(Number(new URL(buyers.url).port), '127.0.0.1');
    const [refused] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(refused.code).toBe('ECONNREFUSED');
    await own.redis.client('UNPAUSE');
    expect(await Promise.all(answers.map(({ status }) => status))).toEqual(tokens(5).map(() => 200));
    await feed.text();
    await closing;
    expect(await own.redis.get('shop:{lamp}:stock')).toBe('95');
  });
});
