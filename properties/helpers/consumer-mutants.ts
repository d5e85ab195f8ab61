import type { Redis } from 'ioredis';
import type { BookLine } from '../../harness/storefront/book/order-book.ts';
import { Consumer, type ConsumerParts } from '../../harness/storefront/queue/consumer.ts';
import type { Entry } from '../../harness/storefront/queue/entries.ts';
import type { Failpoint } from '../../harness/documents/failpoints.ts';
import type { OrderStream } from '../../harness/storefront/queue/order-stream.ts';
import { ordersKey } from '../../strategies/keys.ts';

/** `redis`: the connection that its stream uses. */
export type Consuming = (parts: ConsumerParts, redis: Redis) => Pick<Consumer, 'pass'>;

/** A consumer with one mistake, where it has to be killed for it to show, and what shows then. */
export interface ConsumerMutant {
  mistake: string;
  at: Failpoint;
  fault: string;
  kind: Consuming;
}

/** The right consumer over a stream, or a book, that does something else. */
const over =
  (change: (parts: ConsumerParts, redis: Redis) => Partial<ConsumerParts>): Consuming =>
  (parts, redis) =>
    new Consumer({ ...parts, ...change(parts, redis) });

/** A stream whose reading does something to what it has read, before anything is stored. */
const readingStream = (stream: OrderStream, then: (entries: Entry[]) => Promise<unknown>): OrderStream =>
  new Proxy(stream, {
    get(real, name) {
      const found: unknown = Reflect.get(real, name);
      if (typeof found !== 'function') return found;
      if (name !== 'read') return found.bind(real) as unknown;
      return async (...args: Parameters<OrderStream['read']>) => {
        const entries = await real.read(...args);
        await then(entries);
        return entries;
      };
    },
  });

const following = (id: string): string => {
  const [ms, sequence] = id.split('-');
  return `${ms}-${Number(sequence) + 1}`;
};

let copies = 0;

/** A book in which each line has a key of its own. */
const keyless = (book: ConsumerParts['book']): ConsumerParts['book'] => ({
  products: () => book.products(),
  record: (lines, aside) => book.record(lines.map(copied), aside),
});
const copied = (line: BookLine): BookLine => ({ ...line, token: `${line.token}#${++copies}` });

export const MUTANTS: readonly ConsumerMutant[] = [
  {
    mistake: 'acknowledges first',
    at: 'read',
    fault: 'is lost',
    kind: over(({ stream }) => ({ stream: readingStream(stream, (entries) => stream.acknowledge(entries)) })),
  },
  {
    mistake: 'trims before it commits',
    at: 'read',
    fault: 'is lost',
    kind: over(({ stream }, redis) => ({
      stream: readingStream(stream, async (entries) => {
        // What it has read, and nothing that nobody has read yet, so that the queue looks as it should.
        for (const { product, id } of entries) await redis.xtrim(ordersKey(product), 'MINID', following(id));
      }),
    })),
  },
  {
    mistake: 'stores without a key',
    at: 'committed',
    fault: 'was never sold',
    kind: over(({ book }) => ({ book: keyless(book) })),
  },
];
