import type { BookCounts, Recorded } from './order-book.ts';

const NOTHING: BookCounts = { orders: 0, units: 0, releases: 0, setAside: 0 };

/**
 * What one transaction adds to the counts of each product. They are kept beside the rows and change with them, so that a
 * look at them costs the same however much was sold.
 */
export class Tallies {
  readonly #added = new Map<string, BookCounts>();

  /** `count` rows were written. @param units of all of them together */
  wrote(
    product: string,
    table: 'orders' | 'releases',
    { count, units }: { count: number; units: number },
  ): void {
    const added = this.#of(product);
    added[table] += count;
    added.units += table === 'orders' ? units : -units;
  }

  setAside(product: string, count: number): void {
    if (count > 0) this.#of(product).setAside += count;
  }

  get recorded(): Recorded {
    const sum = { orders: 0, releases: 0, setAside: 0 };
    for (const { orders, releases, setAside } of this.#added.values()) {
      sum.orders += orders;
      sum.releases += releases;
      sum.setAside += setAside;
    }
    return sum;
  }

  /** In one order everywhere, so that no two transactions wait for each other. */
  get added(): [product: string, counts: BookCounts][] {
    return [...this.#added].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  #of(product: string): BookCounts {
    let counts = this.#added.get(product);
    if (counts === undefined) this.#added.set(product, (counts = { ...NOTHING }));
    return counts;
  }
}
