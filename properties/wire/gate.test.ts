import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Gate } from '../../harness/wire/gate.ts';
import { encodeCommand } from '../../harness/wire/resp.ts';

/** Listeners of this thread, each of which keeps the program alive. One that was closed is listed until the turn is over. */
async function listeners(): Promise<number> {
  await new Promise((turned) => setImmediate(turned));
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
}

test('a gate is closed where what is made of it fails, as when the server is lost just then', async () => {
  const before = await listeners();
  const lost = Gate.openFor({}, () => Promise.reject(new Error('the server is lost')));
  await expect(lost).rejects.toThrow('the server is lost');
  expect(await listeners()).toBe(before);
});

test('a gate is open as long as who has got it does not close it', async () => {
  const before = await listeners();
  const gate = await Gate.openFor({}, (opened) => Promise.resolve(opened));
  expect(await listeners()).toBe(before + 1);
  await gate[Symbol.asyncDispose]();
  expect(await listeners()).toBe(before);
});

/** A client at a gate, in the midst of introducing itself to a server that says nothing. */
async function introducing(): Promise<{ gate: Gate; lose: () => void; [Symbol.dispose]: () => void }> {
  const server = createServer();
  const heard = new Promise<Socket>((resolve) =>
    server.on('connection', (socket) => socket.once('data', () => resolve(socket))),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gate = await Gate.open({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const client = gate.transport([]).open(0, { onCommand: () => {} });
  client.on('error', () => {});
  client.write(encodeCommand(['INFO']));
  const socket = await heard;
  return { gate, lose: () => socket.destroy(), [Symbol.dispose]: () => server.close() };
}

/** Errors that nobody catches, from now on. */
function uncaught(): { errors: Error[]; first: Promise<Error>; [Symbol.dispose]: () => void } {
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const errors: Error[] = [];
  const first = new Promise<Error>((resolve) =>
    process.on('unhandledRejection', (error) => {
      errors.push(error as Error);
      resolve(error as Error);
    }),
  );
  const restore = (): void => {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  };
  return { errors, first, [Symbol.dispose]: restore };
}

test('a gate that is closed while a client introduces itself loses nothing that anybody waits for', async () => {
  using seen = uncaught();
  using client = await introducing();
  await client.gate[Symbol.asyncDispose]();
  // The gate's own end of the connection closes in the next turns, and Node tells then of what nobody caught.
  for (let turn = 0; turn < 5; turn++) await new Promise((turned) => setImmediate(turned));
  expect(seen.errors).toEqual([]);
});

test('a server that is lost while a client introduces itself is told of', async () => {
  using seen = uncaught();
  using client = await introducing();
  client.lose();
  expect((await seen.first).message).toContain('the connection to the server of this run was lost');
  await client.gate[Symbol.asyncDispose]();
});
