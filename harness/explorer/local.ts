import type { Outcome } from '../history/operation.ts';

/**
 * The state of one application instance as the search sees it: where its code stands (a node of its history), and
 * how far each connection has come on the server and back.
 */
export interface Local {
  role: number;
  node: number;
  /** `done`: nothing that it may still do can matter; only the answers it gave are kept. */
  phase: 'live' | 'crashed' | 'done';
  /** The calls made so far: the buyer whose purchase it is, or null for any other call. */
  called: readonly (number | null)[];
  /** The called purchases count as started. Of a lone buyer's purchase that is later than the call: see `Cursor`. */
  begun: boolean;
  connections: readonly Connection[];
  /** Answers of the buyers that are settled. */
  answers: readonly Answer[];
}

export interface Answer {
  buyer: number;
  outcome: Outcome;
}

/** One connection, as the server knows it. */
export interface Connection {
  /** Commands of the node's `written` that ran. */
  executed: number;
  /** After a crash: how many of the written commands may still run; they are the ghost. */
  limit: number;
  /** Replies on their way to the client. */
  replies: readonly string[];
  /** Keys under WATCH. */
  watched: readonly string[];
  /** A watched key was touched: the next EXEC answers nil. */
  dirty: boolean;
  /** Commands queued since MULTI. */
  queue: readonly string[] | undefined;
}

export const NEW_CONNECTION: Connection = {
  executed: 0,
  limit: Number.MAX_SAFE_INTEGER,
  replies: [],
  watched: [],
  dirty: false,
  queue: undefined,
};

/** Gives equal values equal small numbers. */
export class Interner<T> {
  readonly #ids = new Map<string, number>();
  readonly values: T[] = [];

  id(value: T): number {
    const key = JSON.stringify(value);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}
