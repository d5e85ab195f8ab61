import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { aStorefront } from '../helpers/storefront.ts';

const shop = aStorefront({ timeouts: { headersMs: 600, requestMs: 1_200 } });

const sockets: Socket[] = [];
afterAll(() => sockets.forEach((socket) => socket.destroy()));

async function dial(): Promise<Socket> {
  const { hostname, port } = new URL(shop.buyers.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Sends these bytes as they are, and answers with the status; 0: the connection was closed without one. */
async function raw(...parts: (string | number)[]): Promise<number> {
  const socket = await dial();
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const closed = once(socket, 'close');
  for (const part of parts) {
    if (typeof part === 'number') await systemClock.sleep(part);
    else socket.write(part);
  }
  await Promise.race([closed, once(socket, 'data')]);
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
}

const post = (body: string, length = Buffer.byteLength(body), path = '/purchase'): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`;

const good = { product: 'lamp', user: 'u', token: 't', quantity: 1 };

/** The sale is as it was: all units are there, and can be bought. */
async function unharmed(stock: number): Promise<void> {
  const { body } = await shop.buyers.send('GET', '/products/lamp');
  expect(body).toMatchObject({ product: { left: stock } });
  expect(await shop.buyers.ledger('lamp')).toEqual([]);
}

describe('input that makes no sense has the code that the table says, and the sale stays right', () => {
  const bodies: [string, unknown, number][] = [
    ['nothing', '', 422],
    ['null', 'null', 422],
    ['a number', '7', 422],
    ['a list', '[]', 422],
    ['half a document', '{"product":"lamp"', 422],
    ['a quantity as text', { ...good, quantity: '1' }, 422],
    ['no quantity', { ...good, quantity: 0 }, 422],
    ['less than nothing', { ...good, quantity: -1 }, 422],
    ['half a unit', { ...good, quantity: 0.5 }, 422],
    [
      'more than a number can count',
      '{"product":"lamp","user":"u","token":"t","quantity":9007199254740993}',
      422,
    ],
    ['a quantity without end', '{"product":"lamp","user":"u","token":"t","quantity":1e999}', 422],
    ['a field that nobody knows', { ...good, price: 0 }, 422],
    ['an inherited field', '{"product":"lamp","user":"u","token":"t","__proto__":{"quantity":1}}', 422],
    ['a field less', { product: 'lamp', user: 'u', token: 't' }, 422],
    ['an empty token', { ...good, token: '' }, 422],
    ['a token with a NUL', { ...good, token: 'a\0b' }, 422],
    ['half a surrogate pair', '{"product":"lamp","user":"u","token":"\\ud800","quantity":1}', 422],
    ['a token that is a list', { ...good, token: ['t'] }, 422],
    ['a token of 129 characters', { ...good, token: 'x'.repeat(129) }, 422],
    ['braces in a name, which are part of keys', { ...good, product: 'lamp}:stock{' }, 422],
    ['a body beyond any request', { ...good, token: 'x'.repeat(5_000) }, 413],
  ];
  test.each(bodies)('%s', async (_, body, status) => {
    await shop.buyers.open('lamp', 3);
    expect((await shop.buyers.json('POST', '/purchase', body)).status).toBe(status);
    await unharmed(3);
  });

  test.each([
    ['GET', '/purchase', 405],
    ['PUT', '/purchase', 405],
    ['GET', '/products', 405],
    ['DELETE', '/products/lamp', 405],
    ['POST', '/orders/t?product=lamp', 405],
    ['GET', '/nothing', 404],
    ['GET', '/products/..%2f..%2fetc%2fpasswd', 422],
    ['GET', '/products/%00', 422],
    ['GET', '/products/%E0%A4%A', 422],
    ['GET', '/live/../../../etc/passwd', 404],
    ['GET', '//evil.example/products/lamp', 404],
    ['POST', '/purchase?product_name=lamp', 422],
    ['POST', '/purchase?product_name=lamp&token=a&token=b', 422],
    ['POST', '/purchase?product_name=lamp&token=a&quantity=9', 422],
    ['GET', '/orders/t', 422],
    ['DELETE', '/purchase/t?product=lamp', 422],
  ])('%s %s is answered %i', async (method, path, status) => {
    expect(await raw(`${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`)).toBe(status);
    await unharmed(3);
  });

  test('a form of a foreign page, which a browser sends without asking, buys nothing', async () => {
    const forms = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''];
    for (const type of forms) {
      const init = { body: JSON.stringify(good), headers: type === '' ? [] : { 'content-type': type } };
      expect((await shop.buyers.send('POST', '/purchase', init as RequestInit)).status).toBe(415);
    }
    await unharmed(3);
  });
});

describe('who is slow, or sends too much, is let go', () => {
  test('a body beyond any request is refused as soon as it is known, in one piece or in chunks', async () => {
    expect(await raw(post('', 10_000_000))).toBe(413);
    const chunk = `1000\r\n${'x'.repeat(4_096)}\r\n`;
    const head =
      'POST /purchase HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(await raw(head, chunk, chunk)).toBe(413);
  });

  test('a head, or a body, that does not come in time is told 408', async () => {
    expect(await raw('POST /purchase HTTP/1.1\r\nhost: x\r\n')).toBe(408);
    expect(await raw(post('{"product":', 60))).toBe(408);
    const dripping = ['{"pro', 300, 'duct":', 300, '"lamp"', 300, ',"user":"u"', 300, ','];
    expect(await raw(post('', 200), ...dripping)).toBe(408);
    await unharmed(3);
  });

  test('a head that is too long is refused, and so is what is no HTTP', async () => {
    expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)).toBe(431);
    expect(await raw('*1\r\n$8\r\nFLUSHALL\r\n')).toBe(400);
    expect(
      await raw(
        'POST /purchase HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
      ),
    ).toBe(400);
    await unharmed(3);
  });

  test('2 000 connections that say nothing keep nobody from buying, and memory stays bounded', async () => {
    const before = process.memoryUsage().rss;
    const idle = await Promise.all(Array.from({ length: 2_000 }, dial));
    await shop.buyers.open('idle', 1);
    expect((await shop.buyers.buy('idle', 'a')).status).toBe(200);
    // Both ends of each are in this process.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    await Promise.all(idle.map(async (socket) => !socket.closed && once(socket.resume(), 'close')));
  });

  test('a buyer who hangs up in the middle has bought once or not at all, and can ask', async () => {
    const { buyers } = shop;
    await buyers.open('hung', 50);
    const tokens = Array.from({ length: 30 }, (_, i) => `h${i}`);
    for (const token of tokens) {
      const asking = request(new URL('/purchase', buyers.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      asking.on('error', () => undefined);
      asking.end(JSON.stringify({ product: 'hung', user: token, token, quantity: 1 }));
      await once(asking, 'finish');
      asking.destroy();
    }
    for (const token of tokens) {
      expect((await buyers.buy('hung', token)).status).toBe(200);
    }
    expect((await buyers.send('GET', '/products/hung')).body).toMatchObject({ product: { left: 20 } });
  });
});
