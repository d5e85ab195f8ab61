import { once } from 'node:events';
import { createServer } from 'node:net';
import { threadId } from 'node:worker_threads';

/**
 * Ports that no system gives to whoever connects: Linux has 32768 and above for that, others 49152 and above. A port that is free
 * is bound by somebody else only later, and any connection of this machine's could have it by then.
 */
const FIRST = 20_000;
const COUNT = 12_000;
/** Processes that look at the same time begin far apart, and go on from there. */
const SPREAD = 7_919;

let next = ((process.pid + threadId * 101) * SPREAD) % COUNT;

/** A port of 127.0.0.1 that nobody listens on, and that this thread has not named before. @throws Error if there is none */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + (next++ % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`somebody listens on every port from ${FIRST} to ${FIRST + COUNT - 1}`);
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
