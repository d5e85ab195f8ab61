import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../../harness/redis/server.ts';
import { oversell, type Ended } from '../../helpers/command.ts';
import { thisServer } from '../../helpers/this-server.ts';

/** What may listen where Redis was thought to be. */
const LISTENERS = {
  'an HTTP server': {
    server: () => createHttpServer((_, response) => response.end('hello')),
    sentence: '--redis: what listens there does not speak the protocol of Redis, but HTTP',
  },
  'another protocol': {
    server: () => createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')),
    sentence: '--redis: what listens there does not speak the protocol of Redis',
  },
  'one that takes connections and says nothing': {
    server: () => createServer((socket) => socket.on('data', () => undefined)),
    sentence: '--redis: what listens there has answered nothing for 4 s',
  },
} as const;

const COMMANDS = [
  ['doctor'],
  ['explore', 'lua-decrement'],
  ['bench', 'lua-decrement'],
  ['evaluate', 'lua-decrement'],
];

async function portOf(server: Server): Promise<number> {
  const open = new Set<{ destroy: () => void }>();
  server.on('connection', (socket) => open.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const told = (words: readonly string[], port: number): Promise<Ended> =>
  oversell([...words, '--redis', `redis://127.0.0.1:${port}`]).ended;

test.each(Object.entries(LISTENERS))('%s at --redis is told as what it is', async (_, listener) => {
  const port = await portOf(listener.server());
  for (const { exitCode, stdout, stderr } of await Promise.all(COMMANDS.map((words) => told(words, port)))) {
    expect(stderr).toContain(`oversell: ${listener.sentence}\n`);
    expect(stderr).not.toMatch(/\n\s+at |bug in oversell|report this/);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  }
});

test('and a Redis server is told as one', async () => {
  const target = await startServer(await thisServer(), { listen: 'tcp' });
  onTestFinished(() => target.close());
  const { exitCode, stdout } = await told(['doctor'], target.options.port!);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/Redis|Valkey/);
});
