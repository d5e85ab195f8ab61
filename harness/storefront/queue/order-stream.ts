import type { Client } from '../../../strategies/contract.ts';
import { ordersKey } from '../../../strategies/keys.ts';
import type { Entry } from './entries.ts';

/** The consumers of all processes are one group: each entry goes to one of them. */
const GROUP = 'orders';

/** Most entries that are read, or claimed, at once, of each product. */
const MOST = 500;

type Delivered = [id: string, fields: string[] | null][];

/** The streams of orders as one consumer sees them. Each method is one step of its work. */
export class OrderStream {
  readonly #redis: Client;
  readonly #consumer: string;
  readonly #joined = new Set<string>();

  /**
   * @param redis a connection of its own: reading blocks it
   * @param consumer unique among the consumers that live
   */
  constructor(redis: Client, consumer: string) {
    this.#redis = redis;
    this.#consumer = consumer;
  }

  /** New entries; waits for some. @param blockMs no longer than this */
  async read(products: readonly string[], blockMs: number): Promise<Entry[]> {
    if (products.length === 0) return [];
    for (const product of products) await this.#join(product);
    const keys = products.map(ordersKey);
    const reply: [key: string, Delivered][] | null = await this.#retryingGroup(products, () =>
      this.#redis.xreadgroup(
        ...(['GROUP', GROUP, this.#consumer, 'COUNT', MOST, 'BLOCK', blockMs, 'STREAMS'] as const),
        ...keys,
        ...keys.map(() => '>'),
      ),
    );
    // A key comes back with the prefix that the client puts before it.
    return (reply ?? []).flatMap(([key, delivered]) =>
      entriesOf(
        products.find((product) => key.endsWith(ordersKey(product)))!,
        delivered,
      ),
    );
  }

  /** Entries that a consumer took and left: nobody has touched them for that long. */
  async claim(products: readonly string[], idleMs: number): Promise<Entry[]> {
    const claimed: Entry[] = [];
    for (const product of products) {
      await this.#join(product);
      const [, delivered] = (await this.#retryingGroup([product], () =>
        this.#redis.xautoclaim(ordersKey(product), GROUP, this.#consumer, idleMs, '0', 'COUNT', MOST),
      )) as [string, Delivered];
      claimed.push(...entriesOf(product, delivered));
    }
    return claimed;
  }

  /** To be called for what is stored, and for nothing else. */
  async acknowledge(entries: readonly Entry[]): Promise<void> {
    for (const product of new Set(entries.map((entry) => entry.product))) {
      const own = entries.filter((entry) => entry.product === product);
      await this.#redis.xack(ordersKey(product), GROUP, ...own.map(({ id }) => id));
    }
  }

  /**
   * Removes what is acknowledged, and therefore stored: whatever lies before the first entry that waits for its
   * acknowledgement, and before the first that nobody has read. What is acknowledged never waits again, and what is read
   * later comes later, so both bounds hold when they are used.
   *
   * @returns how many entries are gone
   */
  async trim(product: string): Promise<number> {
    const group = await this.#group(product);
    if (group === undefined) return 0;
    let bound = following(group.lastDelivered);
    if (group.pending > 0) {
      const [, first] = (await this.#redis.xpending(ordersKey(product), GROUP)) as [number, string | null];
      if (first !== null && isBefore(first, bound)) bound = first;
    }
    return this.#redis.xtrim(ordersKey(product), 'MINID', bound);
  }

  async #group(product: string): Promise<{ pending: number; lastDelivered: string } | undefined> {
    const groups = (await this.#redis.xinfo('GROUPS', ordersKey(product))) as unknown[][];
    const found = groups.map(fieldsOf).find(({ name }) => name === GROUP);
    return found && { pending: Number(found['pending']), lastDelivered: String(found['last-delivered-id']) };
  }

  async #join(product: string): Promise<void> {
    if (this.#joined.has(product)) return;
    // From the first entry on: a group that was lost begins anew, and the order book knows what it has.
    await this.#redis.xgroup('CREATE', ordersKey(product), GROUP, '0', 'MKSTREAM').catch((error: Error) => {
      if (!error.message.startsWith('BUSYGROUP')) throw error;
    });
    this.#joined.add(product);
  }

  /** Where the store has lost the stream, or its group, it is made anew. */
  async #retryingGroup<T>(products: readonly string[], body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOGROUP')) throw error;
      for (const product of products) this.#joined.delete(product);
      for (const product of products) await this.#join(product);
      return body();
    }
  }
}

/** How many entries of a product's stream are not stored yet. A script that sells many at once writes one for all. */
export async function queueDepth(redis: Client, product: string): Promise<number> {
  const groups = await redis.xinfo('GROUPS', ordersKey(product)).catch((error: Error) => {
    if (error.message.includes('no such key')) return [];
    throw error;
  });
  const group = (groups as unknown[][]).map(fieldsOf).find(({ name }) => name === GROUP);
  const lag = group?.['lag'];
  // Before 7.0, and after some deletions, the server does not know the lag.
  return typeof lag === 'number' ? lag + Number(group!['pending']) : redis.xlen(ordersKey(product));
}

const fieldsOf = (flat: unknown[]): Record<string, unknown> =>
  Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[String(name), flat[i + 1]]] : [])));

/** What was trimmed away under whoever held it has no fields. */
const entriesOf = (product: string, delivered: Delivered): Entry[] =>
  delivered.flatMap(([id, fields]) => (fields === null ? [] : [{ product, id, fields }]));

const partsOf = (id: string): [bigint, bigint] => {
  const [ms = '0', sequence = '0'] = id.split('-');
  return [BigInt(ms), BigInt(sequence)];
};

function isBefore(a: string, b: string): boolean {
  const [[aMs, aSequence], [bMs, bSequence]] = [partsOf(a), partsOf(b)];
  return aMs < bMs || (aMs === bMs && aSequence < bSequence);
}

function following(id: string): string {
  const [ms, sequence] = partsOf(id);
  return `${ms}-${sequence + 1n}`;
}
