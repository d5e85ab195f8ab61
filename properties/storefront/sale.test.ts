import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { FAILPOINTS, type Confirmation, type Failpoint } from '../../harness/documents/failpoints.ts';
import { CLI, oversell, type Running } from '../helpers/command.ts';
import { serverWithClient } from '../helpers/exploring.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { Buyers } from '../helpers/storefront.ts';

const own = serverWithClient();
const redis = (): string => `unix://${own.target.options.path}`;

let data: string;
let web: Running;
let buyers: Buyers;

async function startWeb(): Promise<void> {
  web = oversell(['serve', '--port', '0', '--data', data, '--redis', redis(), '--role', 'web']);
  let told = '';
  web.child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  await web.said('open at http');
  buyers = new Buyers(/open at (\S+)/.exec(told)![1]!);
}
beforeEach(async () => {
  data = temporaryFolder();
  await startWeb();
});
afterEach(async () => {
  web.child.kill('SIGTERM');
  await web.ended;
  await own.redis.flushall();
});

/** A consumer's process, with the channel by which its failpoints are armed. */
function startConsumer(): ReturnType<typeof fork> {
  const args = ['serve', '--role', 'consumer', '--data', data, '--redis', redis(), '--claim-idle-ms', '300'];
  const consumer = fork(CLI, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  // Also of a test that fails.
  onTestFinished(() => void consumer.kill('SIGKILL'));
  return consumer;
}

/** Settles when the consumer stands there; the process then gets SIGKILL. */
async function killedAt(failpoint: Failpoint): Promise<void> {
  const consumer = startConsumer();
  const confirmations: Confirmation[] = [];
  const standing = new Promise<void>((resolve) => {
    consumer.on('message', (message: Confirmation) => {
      confirmations.push(message);
      if ('standing' in message) resolve();
    });
  });
  consumer.send({ arm: failpoint });
  await standing;
  expect(confirmations).toMatchObject([
    { armed: failpoint },
    { standing: failpoint, entries: expect.any(Array) },
  ]);
  const gone = once(consumer, 'exit');
  consumer.kill('SIGKILL');
  expect(await gone).toEqual([null, 'SIGKILL']);
}

describe('over HTTP, with real processes', () => {
  test('10 000 buyers on 200 connections get exactly the 500 units, and each has one order', async () => {
    const consumers = [startConsumer(), startConsumer()];
    await buyers.open('phone', 500, 1);
    const agent = new Agent({ keepAlive: true, maxSockets: 200 });
    const statuses = await Promise.all(Array.from({ length: 10_000 }, (_, i) => buying(agent, `b${i}`)));
    agent.destroy();
    const sold = statuses.flatMap((status, i) => (status === 200 ? [`b${i}`] : []));
    expect(sold).toHaveLength(500);
    expect(statuses.filter((status) => status === 404)).toHaveLength(9_500);
    for (const token of sold) while ((await buyers.stored('phone', token)) !== 'stored');
    expect((await buyers.ledger('phone')).map(({ token }) => token).toSorted()).toEqual(sold.toSorted());
    const metrics = (await buyers.send('GET', '/metrics')).text;
    expect(metrics).toContain('oversell_orders_stored{product="phone"} 500');
    for (const consumer of consumers) consumer.kill('SIGTERM');
    await Promise.all(consumers.map((consumer) => once(consumer, 'exit')));
  });

  test('consumers that are killed at each failpoint, and a web process in mid-sale, lose no order and double none', async () => {
    await buyers.open('phone', 60);
    const sold = new Set<string>();
    const sell = async (from: number): Promise<void> => {
      for (let i = from; i < from + 6; i++) {
        const { status } = await buyers.buy('phone', `b${i}`);
        expect(status).toBe(200);
        sold.add(`b${i}`);
      }
    };
    let from = 0;
    for (const failpoint of FAILPOINTS) {
      await sell((from += 10));
      // What it claims is what the one before it left; that takes until that one is taken for dead.
      await killedAt(failpoint);
    }
    web.child.kill('SIGKILL');
    await web.ended;
    await startWeb();
    await sell((from += 10));
    for (const token of sold) expect((await buyers.buy('phone', token)).body['again']).toBe(true);
    const last = startConsumer();
    for (const token of sold) while ((await buyers.stored('phone', token)) !== 'stored');
    expect((await buyers.ledger('phone')).map(({ token }) => token).toSorted()).toEqual([...sold].toSorted());
    const metrics = (await buyers.send('GET', '/metrics')).text;
    expect(metrics).toContain(`oversell_orders_stored{product="phone"} ${sold.size}`);
    expect(metrics).toContain(`oversell_units_left{product="phone"} ${60 - sold.size}`);
    expect(metrics).toContain('oversell_entries_set_aside{product="phone"} 0');
    last.kill('SIGTERM');
    await once(last, 'exit');
  });
});

/** What a buyer hears in the end, who asks again with the same token whenever that is the answer. */
async function buying(agent: Agent, token: string): Promise<number> {
  for (;;) {
    const status = await post(agent, token);
    if (![429, 503, 504].includes(status)) return status;
  }
}

/** The status of one purchase. */
async function post(agent: Agent, token: string): Promise<number> {
  const body = JSON.stringify({ product: 'phone', user: token, token, quantity: 1 });
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const asking = request(new URL('/purchase', buyers.url), { method: 'POST', agent, headers });
  asking.end(body);
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode!;
}
