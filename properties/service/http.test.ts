import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HttpConnection, NoAnswer, NotSent } from '../../harness/service/http/connection.ts';
import { requestTextOf } from '../../harness/service/http/request.ts';
import { headersOf, MalformedResponse, ResponseReader } from '../../harness/service/http/response.ts';
import { rejection } from '../helpers/machines.ts';

/** What a reader makes of these bytes, which come in pieces of these lengths, in turns. */
function read(text: string, lengths: readonly number[] = [Infinity]): ReturnType<ResponseReader['push']> {
  const reader = new ResponseReader();
  const bytes = Buffer.from(text, 'latin1');
  let response: ReturnType<ResponseReader['push']>;
  for (let at = 0, turn = 0; at < bytes.length && response === undefined; turn++) {
    const end = Math.min(bytes.length, at + lengths[turn % lengths.length]!);
    response = reader.push(bytes.subarray(at, end));
    at = end;
  }
  return response ?? reader.end();
}

const RESPONSES: Record<string, { text: string; body: string; keepsAlive: boolean; status?: number }> = {
  'by its length': {
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    body: 'hello',
    keepsAlive: true,
  },
  'in chunks, with extensions and trailers': {
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a="b"\r\nhello\r\nA \r\n, \r\nworld!\r\n0\r\nDigest: x\r\n\r\n',
    body: 'hello, \r\nworld!',
    keepsAlive: true,
  },
  'by the end of the connection': {
    text: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello',
    body: 'hello',
    keepsAlive: false,
  },
  'that says that the connection is closed': {
    text: 'HTTP/1.1 409 Conflict\r\nconnection: Close\r\ncontent-length: 2\r\n\r\n{}',
    body: '{}',
    keepsAlive: false,
    status: 409,
  },
  'of HTTP/1.0, which closes': {
    text: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
    body: 'ok',
    keepsAlive: false,
  },
  'of HTTP/1.0 that keeps the connection': {
    text: 'HTTP/1.0 200\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
    body: 'ok',
    keepsAlive: true,
  },
  'after an interim one': {
    text: 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    body: 'ok',
    keepsAlive: true,
  },
  'that has no body whatever it says': {
    text: 'HTTP/1.1 204 No Content\r\nSet-Cookie: a=1\r\n\r\n',
    body: '',
    keepsAlive: true,
    status: 204,
  },
};

describe('a response', () => {
  test.each(Object.entries(RESPONSES))('%s is read as it is, in whatever pieces it comes', (_, expected) => {
    const { text, body, keepsAlive, status = 200 } = expected;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (lengths) => {
        const response = read(text, lengths)!;
        expect([response.status, response.body.toString(), response.keepsAlive]).toEqual([
          status,
          body,
          keepsAlive,
        ]);
      }),
    );
    if (keepsAlive) expect(read(`${text}HTTP/1.1 200 OK\r\n`)!.keepsAlive).toBe(false);
  });

  test.each([
    ['that is none', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['with two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['with a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['with a coding that nobody asked for', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['with a chunk that has no size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n'],
    [
      'with a chunk longer than its size',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n',
    ],
    ['with a header that is no header', 'HTTP/1.1 200 OK\r\nno colon\r\n\r\n'],
    ['with a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n'],
    ['that switches to another protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['whose head never ends', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(70_000)}`],
  ])('%s is refused, and never taken for another', (_, text) => {
    expect(() => read(text)).toThrow(MalformedResponse);
  });

  test('that is cut short is none', () => {
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell')).toBeUndefined();
    expect(read('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')).toBeUndefined();
    expect(read('HTTP/1.1 200 OK\r\nContent-Le')).toBeUndefined();
  });

  test('keeps every header of a name, in small letters', () => {
    const response = read('HTTP/1.1 204 No\r\nSet-Cookie: a=1\r\nSET-COOKIE:b=2 \r\n\r\n')!;
    expect(headersOf(response, 'set-cookie')).toEqual(['a=1', 'b=2']);
  });
});

describe('a request', () => {
  const own = { product: 'sale 1/ä', user: 'Ann "A"', request: 'r1', quantity: '2', stock: '5' };

  test('is filled in for the place where a value stands', () => {
    const json = {
      product: '{product}',
      who: ['{user}'],
      quantity: '{quantity}',
      text: 'of {stock}',
      max: '{limit}',
      none: null,
    };
    const request = {
      method: 'POST',
      path: '/buy?p={product}',
      headers: { 'X-Who': '{request}' },
      json,
    } as const;
    const text = requestTextOf(request, 'shop:80')(own);
    const [head, body] = text.split('\r\n\r\n') as [string, string];
    expect(head.split('\r\n')).toEqual([
      'POST /buy?p=sale%201%2F%C3%A4 HTTP/1.1',
      'host: shop:80',
      'accept: */*',
      'content-type: application/json',
      'X-Who: r1',
      `content-length: ${Buffer.byteLength(body)}`,
    ]);
    // Without a limit there is no member for it; with one it is a number.
    const sent = { product: 'sale 1/ä', who: ['Ann "A"'], quantity: 2, text: 'of 5', none: null };
    expect(JSON.parse(body)).toEqual(sent);
    const limited = requestTextOf(request, 'shop:80')({ ...own, limit: '3' });
    expect(JSON.parse(limited.split('\r\n\r\n')[1]!)).toEqual({ ...sent, max: 3 });
  });

  test('has a form, a text, or no body, and says which', () => {
    const form = requestTextOf(
      { method: 'POST', path: '/', headers: {}, form: { a: '{user}', b: '1&2' } },
      'h',
    )(own);
    expect(form).toContain('content-type: application/x-www-form-urlencoded\r\n');
    expect(form.endsWith('\r\n\r\na=Ann%20%22A%22&b=1%262')).toBe(true);
    const text = requestTextOf(
      { method: 'PUT', path: '/', headers: { 'Content-Type': 'text/xml' }, body: '<a>{stock}</a>' },
      'h',
    );
    expect(text(own)).toMatch(/Content-Type: text\/xml\r\ncontent-length: 8\r\n\r\n<a>5<\/a>$/);
    expect(requestTextOf({ method: 'POST', path: '/', headers: {} }, 'h')({})).toContain(
      'content-length: 0\r\n\r\n',
    );
    expect(requestTextOf({ method: 'GET', path: '/', headers: {} }, 'h')({})).not.toContain('content-length');
  });

  test('refuses a kept value that would begin another header, and asks for one that there is not', () => {
    const request = { method: 'GET', path: '/', headers: { cookie: 'sid={sid}' } } as const;
    expect(() => requestTextOf(request, 'h')({ sid: 'a\r\nx: y' })).toThrow('has a line break');
    expect(() => requestTextOf({ ...request, path: '/{limit}' }, 'h')({ sid: 'a' })).toThrow('{limit}');
  });
});

/** A server that does this with each connection. */
async function serving(
  connected: (socket: Socket) => void,
  server: Server = createServer(),
): Promise<number> {
  const sockets = new Set<Socket>();
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    connected(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET / HTTP/1.1\r\nhost: h\r\n\r\n';

const pem = (name: string): string =>
  readFileSync(new URL(`certificate/${name}.pem`, import.meta.url), 'utf8');

/** A connection that is closed when the test ends. */
function connectionTo(port: number, tls?: { ca?: string; verify: boolean }): HttpConnection {
  const connection = new HttpConnection({ host: '127.0.0.1', port, ...(tls && { tls }) });
  onTestFinished(() => connection.close());
  return connection;
}

describe('a connection', () => {
  test('is kept for the next request as long as the service keeps it, and made anew otherwise', async () => {
    let connections = 0;
    const port = await serving((socket) => {
      connections++;
      let requests = 0;
      socket.on('data', () => {
        if (++requests < 3) socket.write(OK);
        else socket.end(OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
      });
    });
    const connection = connectionTo(port);
    for (let i = 0; i < 7; i++) expect((await connection.send(GET, 5_000)).body.toString()).toBe('ok');
    expect(connections).toBe(3);
  });

  test('that the service has closed between two requests is made anew, and nothing is lost', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const port = await serving((socket) => {
      closed = once(socket, 'close');
      socket.on('data', () => {
        socket.write(OK);
        setImmediate(() => socket.end());
      });
    });
    const connection = connectionTo(port);
    for (let i = 0; i < 3; i++) {
      expect((await connection.send(GET, 5_000)).status).toBe(200);
      await closed;
    }
  });

  test('tells what was surely not sent from what nobody knows', async () => {
    const gone = await serving(() => undefined);
    const refused = createServer();
    refused.listen(0, '127.0.0.1');
    await once(refused, 'listening');
    const { port } = refused.address() as AddressInfo;
    refused.close();
    await once(refused, 'close');
    expect(await rejection(connectionTo(port).send(GET, 5_000))).toBeInstanceOf(NotSent);
    expect(await rejection(connectionTo(gone).send(GET, 50))).toMatchObject({ code: 'ANSWER_TOO_LATE' });
    const cutting = await serving((socket) => socket.on('data', () => socket.destroy()));
    expect(await rejection(connectionTo(cutting).send(GET, 5_000))).toBeInstanceOf(NoAnswer);
    const halving = await serving((socket) => socket.on('data', () => socket.end(OK.slice(0, -1))));
    expect(await rejection(connectionTo(halving).send(GET, 5_000))).toMatchObject({ code: 'CUT_OFF' });
    const babbling = await serving((socket) => socket.on('data', () => socket.write('what?\r\n\r\n')));
    expect(await rejection(connectionTo(babbling).send(GET, 5_000))).toBeInstanceOf(MalformedResponse);
  });

  test('waits for the whole answer no longer than it was told, though bytes come all the time', async () => {
    const port = await serving((socket) => {
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
        const drip = setInterval(() => socket.write('.'), 5);
        socket.on('close', () => clearInterval(drip));
      });
    });
    expect(await rejection(connectionTo(port).send(GET, 100))).toMatchObject({ code: 'ANSWER_TOO_LATE' });
  });

  test('never gives a late answer to the next request', async () => {
    const port = await serving((socket) => {
      // It answers twice, so the second answer is to nothing that was asked.
      socket.on('data', () => socket.write(OK + OK.replace('ok', 'no')));
    });
    const connection = connectionTo(port);
    for (let i = 0; i < 3; i++) expect((await connection.send(GET, 5_000)).body.toString()).toBe('ok');
  });

  test('over TLS trusts the certificate that is given, and no other unless it is told to', async () => {
    const server = createTlsServer({ key: pem('key'), cert: pem('cert') });
    const port = await serving((socket) => socket.on('data', () => socket.write(OK)), server);
    expect((await connectionTo(port, { ca: pem('cert'), verify: true }).send(GET, 5_000)).status).toBe(200);
    expect((await connectionTo(port, { verify: false }).send(GET, 5_000)).status).toBe(200);
    const stranger = await rejection(connectionTo(port, { verify: true }).send(GET, 5_000));
    expect(stranger).toMatchObject({ name: 'NotSent', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });
});
