import { totalmem } from 'node:os';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MB = 1 << 20;

/** What the JavaScript heap of this thread may hold at most, in bytes: `--max-old-space-size`, or what Node takes for the machine. */
export const heapLimitBytes = (): number => getHeapStatistics().heap_size_limit;

/** What it holds now; some of that may be garbage. */
export const heapUsedBytes = (): number => getHeapStatistics().used_heap_size;

/** Of the limit, for what has just been made: V8's three semi-spaces. What lasts never gets it. */
const YOUNG_BYTES = 48 * MB;

/** The share of the heap that is in use, from 0 on; some of that may be garbage. */
export function heapInUse(): number {
  const limit = heapLimitBytes();
  return heapUsedBytes() / Math.max(limit - YOUNG_BYTES, limit / 2);
}

export const inMegabytes = (bytes: number): string => `${Math.round(bytes / MB)} MB`;

/** What this process holds of the machine's memory, in bytes: all threads, and what they keep outside of their heaps. */
export const residentBytes = (): number => process.memoryUsage.rss();

/** How much of the machine, or of the container that it runs in, a process may take before the system ends it. */
const MOST_OF_MACHINE = 0.9;

/** Whether so much is nearly all that there is. */
export function isNearlyAll(bytes: number): boolean {
  const constrained = process.constrainedMemory();
  const most = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return bytes > MOST_OF_MACHINE * most;
}

let collector: (() => void) | undefined;

/** Frees what nobody needs any more. Takes as long as the heap is large: up to a second. */
export function collectGarbage(): void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc');
    collector = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }
  collector();
}

/** A full heap leaves room to say what was found, and to draw some interleavings. */
const MOST_OF_HEAP = 0.75;

/** Tells whether a heap is full, at the cost of a look now and then. */
export class HeapGauge {
  readonly #used: () => number;
  readonly #collect: () => void;
  /** Of the heap: there it is looked again, after what could be freed was. */
  #next = MOST_OF_HEAP;

  constructor({ used, collect } = { used: heapInUse, collect: collectGarbage }) {
    this.#used = used;
    this.#collect = collect;
  }

  /** Whether what is still needed fills it. */
  isFull(): boolean {
    if (this.#used() < this.#next) return false;
    this.#collect();
    const kept = this.#used();
    // Garbage comes again: not to collect it ourselves at each look, V8 may let the rest fill by half.
    this.#next = Math.max(MOST_OF_HEAP, (1 + kept) / 2);
    return kept >= MOST_OF_HEAP;
  }
}
