import type { Clock } from '../../ground/ambient.ts';
import { DataError, type BookLine, type OrderBook, type SetAside } from '../book/order-book.ts';
import { aside, linesOf, type Entry } from './entries.ts';
import type { Failpoints } from './failpoints.ts';
import type { OrderStream } from './order-stream.ts';

export interface ConsumerParts {
  stream: OrderStream;
  book: Pick<OrderBook, 'products' | 'record'>;
  failpoints: Failpoints;
  clock: Clock;
  /** What another consumer has not touched for so long is taken from it. Longer than any transaction takes. */
  claimIdleMs: number;
  /** Told of what fails and is tried again. */
  onTrouble: (message: string) => void;
}

/** Longest wait for an entry, and so for a product that was just added. */
const BLOCK_MS = 250;
/** How long after a failure it is tried again. */
const PAUSE_MS = 200;

/**
 * Takes orders from the streams to the order book: reads, stores, acknowledges, trims, in this order. Killed at any
 * moment, it leaves entries that are not acknowledged, which another consumer takes over; what was stored already is
 * found by its key and not stored twice.
 */
export class Consumer {
  readonly #parts: ConsumerParts;
  #claimedNs = -Infinity;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
  }

  /** Works until the signal is aborted, and finishes what it has begun. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onTrouble } = this.#parts;
    while (!signal.aborted) {
      try {
        if ((await this.pass(signal)) === 'no-products') await clock.sleep(BLOCK_MS);
      } catch (error) {
        if (signal.aborted) return;
        // What it had at hand is still its own in the stream, and is claimed when nobody has touched it for a while.
        onTrouble(`orders wait: ${(error as Error).message}`);
        await clock.sleep(PAUSE_MS);
      }
    }
  }

  /** Once through the steps. */
  async pass(signal?: AbortSignal): Promise<'worked' | 'idle' | 'no-products'> {
    const { stream, book, failpoints } = this.#parts;
    const products = (await book.products()).map(({ name }) => name);
    if (products.length === 0) return 'no-products';
    const abandoned = await this.#claim(products);
    if (abandoned.length > 0) await failpoints.reach('claimed', idsOf(abandoned));
    const entries = abandoned.length > 0 ? abandoned : await stream.read(products, BLOCK_MS);
    if (entries.length === 0) return 'idle';
    if (abandoned.length === 0) await failpoints.reach('read', idsOf(entries));
    await this.#store(entries, signal);
    await failpoints.reach('committed', idsOf(entries));
    await stream.acknowledge(entries);
    await failpoints.reach('acked', idsOf(entries));
    for (const product of new Set(entries.map((entry) => entry.product))) await stream.trim(product);
    await failpoints.reach('trimmed', idsOf(entries));
    return 'worked';
  }

  /** Looks for what was abandoned now and then, the first time at once. */
  async #claim(products: readonly string[]): Promise<Entry[]> {
    const { stream, clock, claimIdleMs } = this.#parts;
    const nowNs = clock.monotonicNs();
    if (nowNs - this.#claimedNs < (claimIdleMs / 2) * 1e6) return [];
    const claimed = await stream.claim(products, claimIdleMs);
    // As long as there are some, there may be more.
    if (claimed.length === 0) this.#claimedNs = nowNs;
    return claimed;
  }

  /** Stores all of it. What the database refuses for what it is must not keep the others from it. */
  async #store(entries: readonly Entry[], signal?: AbortSignal): Promise<void> {
    const { clock, onTrouble } = this.#parts;
    for (;;) {
      try {
        return await this.#record(entries);
      } catch (error) {
        if (error instanceof DataError) return this.#storeEach(entries);
        if (signal?.aborted) throw error;
        onTrouble(`the order book does not answer: ${(error as Error).message}`);
        await clock.sleep(PAUSE_MS);
      }
    }
  }

  async #storeEach(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      try {
        await this.#record([entry]);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        await this.#parts.book.record([], [aside(entry, error.message)]);
      }
    }
  }

  async #record(entries: readonly Entry[]): Promise<void> {
    const lines: BookLine[] = [];
    const poison: SetAside[] = [];
    for (const entry of entries) {
      const said = linesOf(entry);
      if (Array.isArray(said)) lines.push(...said);
      else poison.push(said);
    }
    const { setAside } = await this.#parts.book.record(lines, poison);
    if (setAside > 0) {
      this.#parts.onTrouble(`${setAside} entries were set aside: look at set_aside in the order book`);
    }
  }
}

const idsOf = (entries: readonly Entry[]): string[] => entries.map(({ id }) => id);
