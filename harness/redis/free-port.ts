import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { threadId } from 'node:worker_threads';

/**
 * Ports that no system gives to whoever connects: Linux has 32768 and above for that, others 49152 and above. A port that is free
 * is bound by somebody else only later, and any connection of this machine's could have it by then.
 */
const FIRST = 20_000;
const BLOCKS = 120;
/** More than are ever named and not bound yet. */
const BLOCK = 100;
/** Processes that begin at the same time look far apart. */
const SPREAD = 79;

let own: Promise<number> | undefined;
let next = 0;

/**
 * A port of 127.0.0.1 that nobody listens on. Nobody else who asks here is told the same before 99 others were: each thread of each
 * process names those of a block of its own, whose first port it holds for as long as it lives, so that two can never take
 * one another's between its name and its binding.
 * @throws Error if there is none
 */
export async function freePort(): Promise<number> {
  const first = await (own ??= ownBlock());
  for (let tries = 1; tries < BLOCK; tries++) {
    const port = first + 1 + (next++ % (BLOCK - 1));
    const probe = await listening(port);
    if (!probe) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
  throw new Error(`somebody listens on every port from ${first} to ${first + BLOCK - 1}`);
}

async function ownBlock(): Promise<number> {
  const start = (process.pid + threadId * 101) * SPREAD;
  for (let i = 0; i < BLOCKS; i++) {
    const first = FIRST + ((start + i) % BLOCKS) * BLOCK;
    const holder = await listening(first);
    if (!holder) continue;
    holder.unref();
    return first;
  }
  throw new Error(
    `${BLOCKS} programs hold the ports from ${FIRST} to ${FIRST + BLOCKS * BLOCK - 1}, a hundred each`,
  );
}

/** @returns undefined where somebody listens there */
async function listening(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
