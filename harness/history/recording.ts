import type { PurchaseRequest } from '../../strategies/contract.ts';
import { opCode, OperationColumns, outcomeCode } from './columns.ts';

/** Rows per chunk. Full chunks stay where they are: growing by copying would pause the run that is measured. */
export const CHUNK_ROWS = 1 << 13;

/** Doubles per row: 40 bytes a purchase, 56 in an open loop; the rest of its request follows from the buyer's number. */
export const CLOSED_ROW = 5;
export const OPEN_ROW = 7;

/** Places in a row. A purchase lies in one piece, so that it costs the processor's cache a line or two and not one each. */
export const INVOKED = 0;
export const COMPLETED = 1;
/** NaN: the store did not tell. */
export const REMAINING = 2;
/** Open loop only: when the buyer came, and when the generator came to it. */
export const INTENDED = 5;
export const NOTICED = 6;
/** Counted in integers, of which two make a double. */
export const PROCESS = 6;
/** Of a confirm, negative. */
export const BUYER = 7;
/** 0 as long as the purchase has not come to an end, else its code and 1. */
export const ENDED = 8;

/** What one instance recorded, in order of invocation; its buffers can be transferred between threads. */
export interface Recording {
  rows: number;
  /** Doubles per row. */
  width: number;
  chunks: ArrayBuffer[];
}

export const nothingRecorded: Recording = { rows: 0, width: CLOSED_ROW, chunks: [] };

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
  for (const recording of recordings) {
    const open = recording.width === OPEN_ROW;
    for (const cursor = new Cursor(recording); !cursor.over; cursor.advance()) {
      if (cursor.integer(ENDED) === 0 || cursor.integer(BUYER) < 0) continue;
      timed.invokedNs = cursor.number(INVOKED);
      timed.completedNs = cursor.number(COMPLETED);
      timed.intendedNs = open ? cursor.number(INTENDED) : timed.invokedNs;
      timed.noticedNs = open ? cursor.number(NOTICED) : timed.invokedNs;
      yield timed;
    }
  }
}

const PURCHASE = opCode('purchase');
const CONFIRM = opCode('confirm');
const UNKNOWN = outcomeCode('unknown');

/** One history, in order of invocation, from what the instances recorded side by side. */
export function mergeRecordings(
  recordings: readonly Recording[],
  requestOf: (buyer: number) => PurchaseRequest,
): OperationColumns {
  const merged = new OperationColumns();
  const cursors = recordings.filter(({ rows }) => rows > 0).map((recording) => new Cursor(recording));
  while (cursors.length > 0) {
    const next = cursors.reduce((first, cursor) =>
      cursor.number(INVOKED) < first.number(INVOKED) ? cursor : first,
    );
    const buyer = next.integer(BUYER);
    const request = requestOf(Math.abs(buyer));
    const ended = next.integer(ENDED);
    merged.pushRow({
      process: next.integer(PROCESS),
      request: merged.strings.intern(request.requestId),
      attempt: 1,
      user: merged.strings.intern(request.userId),
      op: buyer < 0 ? CONFIRM : PURCHASE,
      quantity: request.quantity,
      invoked: next.number(INVOKED),
      completed: ended === 0 ? Infinity : next.number(COMPLETED),
      outcome: ended === 0 ? UNKNOWN : ended - 1,
      remaining: ended === 0 ? NaN : next.number(REMAINING),
    });
    next.advance();
    if (next.over) cursors.splice(cursors.indexOf(next), 1);
  }
  return merged;
}

/** A place in a recording. */
class Cursor {
  readonly #recording: Recording;
  readonly #width: number;
  #row = 0;
  #at = 0;
  #doubles = new Float64Array();
  #integers = new Int32Array();

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#width = recording.width;
    this.#enterChunk();
  }

  /** There is nothing more. */
  get over(): boolean {
    return this.#row >= this.#recording.rows;
  }

  number(place: number): number {
    return this.#doubles[this.#at + place]!;
  }

  integer(place: number): number {
    return this.#integers[2 * this.#at + place]!;
  }

  advance(): void {
    this.#row++;
    this.#at += this.#width;
    if (this.#row % CHUNK_ROWS === 0) this.#enterChunk();
  }

  #enterChunk(): void {
    if (this.over) return;
    const chunk = this.#recording.chunks[this.#row / CHUNK_ROWS]!;
    this.#doubles = new Float64Array(chunk);
    this.#integers = new Int32Array(chunk);
    this.#at = 0;
  }
}
