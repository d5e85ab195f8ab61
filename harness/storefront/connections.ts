import type { Client, Strategy } from '../../strategies/contract.ts';
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

/** Waits for a connection that has just been made; one that cannot be had tells when it is used. */
const ready = (redis: Client): Promise<Client> =>
  new Promise((resolve) => {
    const done = (): void => resolve(redis);
    if (redis.status === 'ready') done();
    redis.once('ready', done);
    redis.once('close', done);
  });
