import type { Writable } from 'node:stream';
import type { Client, Strategy } from '../../strategies/contract.ts';
import { overhear } from '../redis/clients.ts';
import type { Lend } from './sellers.ts';

/** Connections that serve one purchase at a time, for strategies that need one to themselves. */
const EXCLUSIVE = 16;

/** How a strategy's purchases get their connection. `close`: of those that were opened here */
export function lending(
  strategy: Pick<Strategy, 'connection'>,
  shared: Client,
  open: () => Client,
): { lend: Lend; close: () => void } {
  if (strategy.connection === 'shared') return { lend: (use) => use(shared), close: () => undefined };
  const idle: Client[] = [];
  const waiting: ((redis: Client) => void)[] = [];
  const all: Client[] = [];
  const take = (): Promise<Client> => {
    const free = idle.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (all.length < EXCLUSIVE) {
      const opened = open();
      all.push(opened);
      return ready(opened);
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const lend: Lend = async (use) => {
    const redis = await take();
    try {
      return await use(redis);
    } finally {
      const next = waiting.shift();
      if (next) next(redis);
      else idle.push(redis);
    }
  };
  return { lend, close: () => all.forEach((redis) => redis.disconnect()) };
}

/**
 * Has the commands of one turn of the event loop go out in one write: a write for each is a fifth of all that a purchase
 * costs this process. None waits for longer than that turn.
 */
export function writeTogether(redis: Client): void {
  let held: Writable | undefined;
  overhear(redis, () => {
    const { stream } = redis as { stream?: Writable };
    if (held !== undefined || stream === undefined) return;
    held = stream;
    stream.cork();
    setImmediate(() => {
      held = undefined;
      stream.uncork();
    });
  });
}

/** Waits for a connection that has just been made; one that cannot be had tells when it is used. */
const ready = (redis: Client): Promise<Client> =>
  new Promise((resolve) => {
    const done = (): void => resolve(redis);
    if (redis.status === 'ready') done();
    redis.once('ready', done);
    redis.once('close', done);
  });
