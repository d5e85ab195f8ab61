import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock } from '../../ground/ambient.ts';
import type { ConnectionOptions } from '../../redis/target.ts';
import { openOrderBook } from '../book/open-book.ts';
import { consumingClient } from '../store.ts';
import { Consumer } from './consumer.ts';
import type { Failpoints } from './failpoints.ts';
import { OrderStream } from './order-stream.ts';

/** What consumers need to know: plain data, so that it can be sent to their process. */
export interface ConsumerSettings {
  options: ConnectionOptions;
  /** A file or postgres://… */
  database: string;
  /** How many work in one process. */
  count: number;
  /** A consumer that has left entries alone for so long is taken for dead, and others claim them. */
  claimIdleMs: number;
}

/**
 * Works until the signal is aborted. What was begun is finished, so that nothing is left for others to claim.
 * @throws EnvironmentError if the order book cannot be opened
 */
export async function runConsumers(
  { options, database, count, claimIdleMs }: ConsumerSettings,
  failpoints: Failpoints,
  { signal, onTrouble }: { signal: AbortSignal; onTrouble: (message: string) => void },
): Promise<void> {
  const book = await openOrderBook(database);
  try {
    await Promise.all(
      Array.from({ length: count }, async () => {
        const redis = consumingClient({ options });
        const name = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
        const stream = new OrderStream(redis, name);
        const parts = { stream, book, failpoints, clock: systemClock, claimIdleMs, onTrouble };
        // A server that does not answer must not keep the process.
        signal.addEventListener('abort', () => setTimeout(() => redis.disconnect(), ENDING_MS).unref());
        await new Consumer(parts).run(signal);
        redis.disconnect();
      }),
    );
  } finally {
    await book.close();
  }
}

const ENDING_MS = 2_000;
