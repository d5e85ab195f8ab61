/** The process of a consumer with one mistake, as a storm starts it: its words are the mistake, a port, and an order book. */
import { systemClock } from '../../harness/ground/ambient.ts';
import { openOrderBook } from '../../harness/storefront/book/open-book.ts';
import { Consumer } from '../../harness/storefront/queue/consumer.ts';
import { failpointsOf } from '../../harness/storefront/queue/failpoints.ts';
import { OrderStream } from '../../harness/storefront/queue/order-stream.ts';
import { consumingClient } from '../../harness/storefront/store.ts';
import type { Redis } from 'ioredis';
import { MUTANTS } from './consumer-mutants.ts';

const [, , mistake, port, database] = process.argv;
const redis = consumingClient({ options: { host: '127.0.0.1', port: Number(port), keyPrefix: 'shop:' } });
const parts = {
  stream: new OrderStream(redis, `mutant-${process.pid}`),
  book: await openOrderBook(database!),
  failpoints: failpointsOf(process),
  clock: systemClock,
  claimIdleMs: 1_000,
  onTrouble: () => undefined,
};
const mutant = MUTANTS.find((one) => one.mistake === mistake);
const consumer = mutant ? mutant.kind(parts, redis as Redis) : new Consumer(parts);
for (;;) {
  try {
    if ((await consumer.pass()) === 'no-products') await systemClock.sleep(50);
  } catch {
    await systemClock.sleep(50);
  }
}
