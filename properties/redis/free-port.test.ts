import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { freePort } from '../../harness/redis/free-port.ts';

test('no port is named twice, and none that whoever connects may be given', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  expect(new Set(ports).size).toBe(50);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

test('a port on which somebody listens is passed over', async () => {
  let before = await freePort();
  if (before % 100 === 99) before = await freePort(); // the next one is of another block
  const taken = createServer().listen(before + 1, '127.0.0.1');
  await once(taken, 'listening');
  try {
    expect((taken.address() as AddressInfo).port).toBe(before + 1);
    expect(await freePort()).not.toBe(before + 1);
  } finally {
    taken.close();
    await once(taken, 'close');
  }
});

const BUILT = pathToFileURL(resolve(import.meta.dirname, '../../dist/harness/redis/free-port.js')).href;

/** Names ports until all of its threads have, so that whatever one of them holds is held meanwhile. */
const NAMING = `
  import { Worker } from 'node:worker_threads';
  const naming = "import('${BUILT}').then(async ({ freePort }) => {" +
    "const named = []; while (named.length < 60) named.push(await freePort());" +
    "(await import('node:worker_threads')).parentPort.postMessage(named); setInterval(() => {}, 1000); })";
  const workers = Array.from({ length: 4 }, () => new Worker(naming, { eval: true }));
  const named = await Promise.all(workers.map((worker) => new Promise((done) => worker.once('message', done))));
  process.stdout.write(JSON.stringify(named));
  process.exit();`;

test('no thread of any process is told what another was', async () => {
  const own = await freePort();
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', NAMING]);
  const named = (JSON.parse(stdout) as number[][]).flat();
  expect(named).toHaveLength(240);
  expect(new Set(named).size).toBe(240);
  expect(named.some((port) => Math.floor(port / 100) === Math.floor(own / 100))).toBe(false);
});
