import type { PurchaseOutcome, PurchaseRequest } from '../../strategies/contract.ts';
import { opCode, OperationColumns, outcomeCode } from './columns.ts';

/** Rows per chunk. Full chunks stay where they are: growing by copying would pause the run that is measured. */
const CHUNK_ROWS = 1 << 16;

const UNKNOWN = outcomeCode('unknown');
const REJECTED = outcomeCode('rejected');
const OUTCOME_CODES = new Map<string, number>(
  (['sold', 'sold-out', 'limit-reached', 'gave-up'] as const).map((kind) => [kind, outcomeCode(kind)]),
);

/**
 * 33 bytes a purchase, 49 in an open loop; the rest of its request follows from the buyer's number.
 */
interface Chunk {
  process: Int32Array<ArrayBuffer>;
  buyer: Uint32Array<ArrayBuffer>;
  invokedNs: Float64Array<ArrayBuffer>;
  completedNs: Float64Array<ArrayBuffer>;
  remaining: Float64Array<ArrayBuffer>;
  outcome: Uint8Array<ArrayBuffer>;
  /** Open loop only: when the buyer came, and when the generator came to it. */
  intendedNs?: Float64Array<ArrayBuffer>;
  noticedNs?: Float64Array<ArrayBuffer>;
}

/** What one instance recorded, in order of invocation; its buffers can be transferred between threads. */
export interface Recording {
  rows: number;
  chunks: Chunk[];
}

/**
 * Records the purchases of one instance without making an object for any of them. A purchase that is never
 * completed stays what it is from its first moment: an open end with outcome unknown.
 */
export class Recorder {
  /** Purchases that came to an end so far. */
  completed = 0;
  #rows = 0;
  #sealed = false;
  readonly #chunks: Chunk[] = [];
  readonly #open: boolean;

  /** `open`: an open loop, where buyers come when they come. */
  constructor(open = false) {
    this.#open = open;
  }

  /** Purchases that began so far. */
  get invoked(): number {
    return this.#rows;
  }

  /** A purchase begins. Answers the row by which it is completed. Times are nanoseconds since the run's start. */
  invoke(process: number, buyer: number, invokedNs: number): number {
    const row = this.#rows++;
    const i = row % CHUNK_ROWS;
    if (i === 0) this.#chunks.push(newChunk(this.#open));
    const chunk = this.#chunk(row);
    chunk.process[i] = process;
    chunk.buyer[i] = buyer;
    chunk.invokedNs[i] = invokedNs;
    chunk.completedNs[i] = Infinity;
    chunk.remaining[i] = NaN;
    chunk.outcome[i] = UNKNOWN;
    return row;
  }

  /** Open loop: when the buyer of that row came, and when the generator came to it. */
  arrived(row: number, intendedNs: number, noticedNs: number): void {
    const chunk = this.#chunk(row);
    chunk.intendedNs![row % CHUNK_ROWS] = intendedNs;
    chunk.noticedNs![row % CHUNK_ROWS] = noticedNs;
  }

  /** @throws TypeError if that is no outcome; the purchase is then still open. */
  complete(row: number, outcome: PurchaseOutcome, completedNs: number): void {
    const code = OUTCOME_CODES.get(outcome?.kind);
    if (code === undefined) {
      throw new TypeError(`purchase answered ${JSON.stringify(outcome)}, which is no outcome`);
    }
    const remaining = outcome.kind === 'sold' ? outcome.remaining : undefined;
    this.#end(row, code, completedNs, remaining ?? NaN);
  }

  /** The purchase threw. `definite`: it proved that it had no effect. */
  fail(row: number, definite: boolean, completedNs: number): void {
    this.#end(row, definite ? REJECTED : UNKNOWN, completedNs, NaN);
  }

  /** Ends the recording; what completes later is too late to be heard. */
  seal(): Recording {
    this.#sealed = true;
    return { rows: this.#rows, chunks: this.#chunks };
  }

  #end(row: number, outcome: number, completedNs: number, remaining: number): void {
    if (this.#sealed) return;
    const i = row % CHUNK_ROWS;
    const chunk = this.#chunk(row);
    chunk.completedNs[i] = completedNs;
    chunk.remaining[i] = remaining;
    chunk.outcome[i] = outcome;
    this.completed++;
  }

  #chunk(row: number): Chunk {
    return this.#chunks[Math.floor(row / CHUNK_ROWS)]!;
  }
}

export function buffersOf(recording: Recording): ArrayBuffer[] {
  return recording.chunks.flatMap((chunk) =>
    Object.values(chunk as unknown as Record<string, { buffer: ArrayBuffer }>).map(({ buffer }) => buffer),
  );
}

/** What the times of one purchase are worked out from; in a closed loop a buyer comes when it is sent. */
export interface Timed {
  intendedNs: number;
  noticedNs: number;
  invokedNs: number;
  completedNs: number;
}

/** The purchases that came to an end, in no particular order; one object for all of them. */
export function* timesOf(recordings: readonly Recording[]): Generator<Timed> {
  const timed: Timed = { intendedNs: 0, noticedNs: 0, invokedNs: 0, completedNs: 0 };
  for (const { rows, chunks } of recordings) {
    for (let row = 0; row < rows; row++) {
      const { invokedNs, completedNs, intendedNs, noticedNs } = chunks[Math.floor(row / CHUNK_ROWS)]!;
      const i = row % CHUNK_ROWS;
      if (completedNs[i] === Infinity) continue;
      timed.invokedNs = invokedNs[i]!;
      timed.completedNs = completedNs[i]!;
      timed.intendedNs = intendedNs?.[i] ?? timed.invokedNs;
      timed.noticedNs = noticedNs?.[i] ?? timed.invokedNs;
      yield timed;
    }
  }
}

/** One history, in order of invocation, from what the instances recorded side by side. */
export function mergeRecordings(
  recordings: readonly Recording[],
  requestOf: (buyer: number) => PurchaseRequest,
): OperationColumns {
  const merged = new OperationColumns();
  const cursors = recordings.filter(({ rows }) => rows > 0).map((recording) => new Cursor(recording));
  while (cursors.length > 0) {
    const next = cursors.reduce((first, cursor) => (cursor.invokedNs < first.invokedNs ? cursor : first));
    const { chunk, i } = next;
    const request = requestOf(chunk.buyer[i]!);
    merged.pushRow({
      process: chunk.process[i]!,
      request: merged.strings.intern(request.requestId),
      attempt: 1,
      user: merged.strings.intern(request.userId),
      op: PURCHASE,
      quantity: request.quantity,
      invoked: chunk.invokedNs[i]!,
      completed: chunk.completedNs[i]!,
      outcome: chunk.outcome[i]!,
      remaining: chunk.remaining[i]!,
    });
    if (!next.advance()) cursors.splice(cursors.indexOf(next), 1);
  }
  return merged;
}

const PURCHASE = opCode('purchase');

/** A place in a recording that has rows. */
class Cursor {
  chunk: Chunk;
  i = 0;
  #row = 0;
  readonly #recording: Recording;

  constructor(recording: Recording) {
    this.#recording = recording;
    this.chunk = recording.chunks[0]!;
  }

  get invokedNs(): number {
    return this.chunk.invokedNs[this.i]!;
  }

  /** False at the end. */
  advance(): boolean {
    if (++this.#row === this.#recording.rows) return false;
    this.i = this.#row % CHUNK_ROWS;
    this.chunk = this.#recording.chunks[Math.floor(this.#row / CHUNK_ROWS)]!;
    return true;
  }
}

function newChunk(open: boolean): Chunk {
  return {
    process: new Int32Array(CHUNK_ROWS),
    buyer: new Uint32Array(CHUNK_ROWS),
    invokedNs: new Float64Array(CHUNK_ROWS),
    completedNs: new Float64Array(CHUNK_ROWS),
    remaining: new Float64Array(CHUNK_ROWS),
    outcome: new Uint8Array(CHUNK_ROWS),
    ...(open && { intendedNs: new Float64Array(CHUNK_ROWS), noticedNs: new Float64Array(CHUNK_ROWS) }),
  };
}
