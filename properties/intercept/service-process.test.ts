import { once } from 'node:events';
import { get } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock as clock } from '../../harness/ground/ambient.ts';
import type { FrontClient } from '../../harness/intercept/front.ts';
import { ServiceProcess, type Driving } from '../../harness/intercept/service-process.ts';
import { ForeignPeers, isUnread } from '../../harness/intercept/sockets.ts';
import { ForeignServer } from '../helpers/foreign-server.ts';
import { shop } from '../helpers/intercepting.ts';

/** Answers each request once Redis has answered; asked for /elsewhere, it connects to that port, and stays connected. */
const ASKS = `
const net = require('node:net');
const redis = net.connect(process.env.REDIS_PORT, '127.0.0.1');
const waiting = [];
redis.on('data', () => waiting.shift()?.end());
require('node:http').createServer((request, response) => {
  const [, port] = /elsewhere.(\\d+)/.exec(request.url) ?? [];
  if (port) return net.connect(port, '127.0.0.1', () => response.end());
  waiting.push(response);
  redis.write('*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\nx\\r\\n');
}).listen(process.env.PORT, '127.0.0.1');`;

const NOTHING_OWED: Driving = {
  owed: () => 'nothing',
  onStill: () => {},
  activity: () => 0,
  isWriting: () => false,
  isUnheard: () => true,
};

let service: ServiceProcess;
const ask = (path = '/'): ReturnType<typeof get> => get(`${service.running.url.slice(0, -1)}${path}`);
const ports = (): number[] => [
  Number(service.running.values['redis_port']),
  service.running.route.address.port,
];
/** The program, and not the shell that watches it. */
const pids = (): number[] => service.running.pids();

beforeEach(async () => {
  const env = { REDIS_PORT: '{redis_port}', PORT: '{port}' };
  service = await ServiceProcess.boot({
    file: shop(['node', '-e', ASKS], { env }),
    onFault: (fault) => {
      throw fault;
    },
  });
});
afterEach(() => service.close());

/** Sends a request, and has its command held. */
async function held(): Promise<FrontClient> {
  const command = new Promise<FrontClient>((heard) => {
    service.driver = { onConnected: () => {}, onCommand: (client) => heard(client), onClosed: () => {} };
  });
  ask().on('error', () => {});
  return command;
}

/** Has it connect to a port, and stay connected. */
const elsewhere = async (to: number): Promise<void> => {
  const [response] = await once(ask(`/elsewhere/${to}`), 'response');
  await once(response.resume(), 'end');
};

describe('a process that was told something', () => {
  test('and does not run is given time to read it, as nobody else tells that it did', async () => {
    const client = await held();
    for (const pid of pids()) process.kill(pid, 'SIGSTOP');
    await service.quiet(NOTHING_OWED);
    service.onTelling();
    const beganNs = clock.monotonicNs();
    client.tell('$1\r\n1\r\n');
    await service.quiet(NOTHING_OWED);
    expect((clock.monotonicNs() - beganNs) / 1e6).toBeGreaterThan(290);
    for (const pid of pids()) process.kill(pid, 'SIGCONT');
  });

  test('and is not looked at has come to rest with bytes that it never read', async () => {
    const client = await held();
    for (const pid of pids()) process.kill(pid, 'SIGSTOP');
    await service.quiet(NOTHING_OWED);
    service.onTelling();
    client.tell('$1\r\n1\r\n');
    await service.quiet({ ...NOTHING_OWED, isUnheard: () => false });
    expect(isUnread(pids()[0]!, ports())).toBe(true);
    for (const pid of pids()) process.kill(pid, 'SIGCONT');
  });

  test('and runs has read it once it has come to rest', async () => {
    const client = await held();
    await service.quiet(NOTHING_OWED);
    service.onTelling();
    client.tell('$1\r\n1\r\n');
    await service.quiet(NOTHING_OWED);
    expect(isUnread(pids()[0]!, ports())).toBe(false);
  });
});

describe('peers of a process', () => {
  test('are those that it connects to after others were looked up, and go when they are gone', async () => {
    expect(service.foreignPeers()).toEqual([]);
    await using first = await ForeignServer.start();
    await elsewhere(first.port);
    expect(service.foreignPeers()).toEqual([`127.0.0.1:${first.port}`]);
    await using second = await ForeignServer.start();
    await elsewhere(second.port);
    expect(service.foreignPeers().toSorted()).toEqual(
      [first, second].map((peer) => `127.0.0.1:${peer.port}`).toSorted(),
    );
  });

  test('are told without looking them up again, and an own port is none', async () => {
    await using foreign = await ForeignServer.start();
    await elsewhere(foreign.port);
    const peers = new ForeignPeers([foreign.port, ports()[1]!]);
    expect(peers.of(pids())).toHaveLength(1); // its Redis, which these ports do not have
    expect(new ForeignPeers([]).of(pids()).length).toBeGreaterThan(1);
  });
});
