import type { Clock } from '../ground/ambient.ts';
import type { OrderBook, Product } from './book/order-book.ts';

/** A product as it was read, and how long ago. */
export interface Seen {
  product: Product;
  ageMs: number;
}

export interface CatalogueOptions {
  /** How old product data may be when it is used. 0: it is read each time. */
  maxAgeMs: number;
  /** Most products that are kept. */
  most?: number;
  clock: Clock;
}

/**
 * Product data, read through a cache. What is older than `maxAgeMs` is never handed out: it is read again first, and
 * where that fails, so does the request. It decides no sale. Name and limit never change; that a product was closed may be
 * noticed late, and then the script finds no stock; so a product is opened again only after every cache has noticed
 * (`Shop.reopen`). What is not there is not kept: a product that was just added is found at once.
 */
export class Catalogue {
  readonly maxAgeMs: number;
  hits = 0;
  misses = 0;
  readonly #book: Pick<OrderBook, 'findProduct'>;
  readonly #most: number;
  readonly #clock: Clock;
  /** In the order in which they were read, the oldest first. */
  readonly #kept = new Map<string, { product: Product; readNs: number }>();
  readonly #reading = new Map<string, Promise<Seen | undefined>>();

  constructor(book: Pick<OrderBook, 'findProduct'>, { maxAgeMs, most = 10_000, clock }: CatalogueOptions) {
    this.#book = book;
    this.maxAgeMs = maxAgeMs;
    this.#most = most;
    this.#clock = clock;
  }

  /** @throws what the order book throws, where it has to be read */
  find(name: string): Promise<Seen | undefined> | Seen {
    const kept = this.#kept.get(name);
    if (kept !== undefined) {
      const ageMs = (this.#clock.monotonicNs() - kept.readNs) / 1e6;
      if (ageMs < this.maxAgeMs) {
        this.hits++;
        return { product: kept.product, ageMs };
      }
    }
    const reading = this.#reading.get(name);
    if (reading !== undefined) return reading;
    this.misses++;
    const read = this.#read(name).finally(() => this.#reading.delete(name));
    this.#reading.set(name, read);
    return read;
  }

  /** This process has changed the product, or found it changed. */
  forget(name: string): void {
    this.#kept.delete(name);
    // Who is reading may have read it before: whoever asks from now on reads it anew.
    this.#reading.delete(name);
  }

  async #read(name: string): Promise<Seen | undefined> {
    // Its age counts from before it was read: the answer is at least as new as that.
    const readNs = this.#clock.monotonicNs();
    const product = await this.#book.findProduct(name);
    if (product === undefined) return undefined;
    this.#kept.delete(name);
    this.#kept.set(name, { product, readNs });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) break;
      this.#kept.delete(oldest);
    }
    return { product, ageMs: (this.#clock.monotonicNs() - readNs) / 1e6 };
  }
}
