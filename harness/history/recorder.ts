import type { PurchaseOutcome } from '../../strategies/contract.ts';
import { outcomeCode } from './columns.ts';
import {
  BUYER,
  CHUNK_ROWS,
  CLOSED_ROW,
  COMPLETED,
  ENDED,
  INTENDED,
  INVOKED,
  NOTICED,
  OPEN_ROW,
  PROCESS,
  REMAINING,
  type Recording,
} from './recording.ts';

const UNKNOWN = outcomeCode('unknown');
const DONE = outcomeCode('done');
const REJECTED = outcomeCode('rejected');
const SOLD = outcomeCode('sold');
const SOLD_OUT = outcomeCode('sold-out');
const LIMIT_REACHED = outcomeCode('limit-reached');
const ALREADY_YOURS = outcomeCode('already-yours');
const GAVE_UP = outcomeCode('gave-up');

/** What an instance tells of its purchases. */
export type Records = Pick<Recorder, keyof Recorder>;

interface Chunk {
  doubles: Float64Array<ArrayBuffer>;
  integers: Int32Array<ArrayBuffer>;
}

/**
 * Records the purchases of one instance without making an object for any of them. A purchase that is never
 * completed stays what it is from its first moment: an open end with outcome unknown.
 */
export class Recorder {
  /** Purchases and confirms that came to an end so far. */
  completed = 0;
  /** Those that began so far. */
  invoked = 0;
  #sealed = false;
  readonly #width: number;
  readonly #chunks: Chunk[] = [];
  #last: Chunk;

  /** `open`: an open loop, where buyers come when they come. */
  constructor(open = false) {
    this.#width = open ? OPEN_ROW : CLOSED_ROW;
    this.#last = this.#newChunk();
  }

  /** A purchase begins. Answers the row by which it is completed. Times are nanoseconds since the run's start. */
  invoke(process: number, buyer: number, invokedNs: number): number {
    const row = this.invoked++;
    if (row === this.#chunks.length * CHUNK_ROWS) this.#last = this.#newChunk();
    const { doubles, integers } = this.#last;
    const at = this.#place(row);
    doubles[at + INVOKED] = invokedNs;
    integers[2 * at + PROCESS] = process;
    integers[2 * at + BUYER] = buyer;
    return row;
  }

  /** That buyer's confirm begins; it is no purchase, and not counted as one. Answers its row likewise. */
  invokeConfirm(process: number, buyer: number, invokedNs: number): number {
    return this.invoke(process, -buyer, invokedNs);
  }

  confirmed(row: number, completedNs: number): void {
    this.#end(row, DONE, completedNs, NaN);
  }

  /** Open loop: when the buyer of that row came, and when the generator came to it. */
  arrived(row: number, intendedNs: number, noticedNs: number): void {
    const { doubles } = this.#chunkOf(row);
    const at = this.#place(row);
    doubles[at + INTENDED] = intendedNs;
    doubles[at + NOTICED] = noticedNs;
  }

  /** @throws TypeError if that is no outcome; the purchase is then still open. */
  complete(row: number, outcome: PurchaseOutcome, completedNs: number): void {
    switch (outcome?.kind) {
      case 'sold':
        return this.#end(row, SOLD, completedNs, outcome.remaining ?? NaN);
      case 'sold-out':
        return this.#end(row, SOLD_OUT, completedNs, NaN);
      case 'limit-reached':
        return this.#end(row, LIMIT_REACHED, completedNs, NaN);
      case 'already-yours':
        return this.#end(row, ALREADY_YOURS, completedNs, NaN);
      case 'gave-up':
        return this.#end(row, GAVE_UP, completedNs, NaN);
      default:
        throw new TypeError(`purchase answered ${JSON.stringify(outcome)}, which is not an outcome`);
    }
  }

  /** The purchase or confirm threw. `definite`: it proved that it had no effect. */
  fail(row: number, definite: boolean, completedNs: number): void {
    this.#end(row, definite ? REJECTED : UNKNOWN, completedNs, NaN);
  }

  /** Ends the recording; what completes later is too late to be heard. */
  seal(): Recording {
    this.#sealed = true;
    return {
      rows: this.invoked,
      width: this.#width,
      chunks: this.#chunks.map(({ doubles }) => doubles.buffer),
    };
  }

  #end(row: number, outcome: number, completedNs: number, remaining: number): void {
    if (this.#sealed) return;
    const { doubles, integers } = this.#chunkOf(row);
    const at = this.#place(row);
    doubles[at + COMPLETED] = completedNs;
    doubles[at + REMAINING] = remaining;
    integers[2 * at + ENDED] = outcome + 1;
    this.completed++;
  }

  #place(row: number): number {
    return (row % CHUNK_ROWS) * this.#width;
  }

  /** Almost always the last one: who is in flight came lately. */
  #chunkOf(row: number): Chunk {
    const first = (this.#chunks.length - 1) * CHUNK_ROWS;
    return row >= first ? this.#last : this.#chunks[Math.floor(row / CHUNK_ROWS)]!;
  }

  #newChunk(): Chunk {
    const buffer = new ArrayBuffer(CHUNK_ROWS * this.#width * Float64Array.BYTES_PER_ELEMENT);
    const chunk = { doubles: new Float64Array(buffer), integers: new Int32Array(buffer) };
    this.#chunks.push(chunk);
    return chunk;
  }
}
