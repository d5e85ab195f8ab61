import type { Outcome } from '../../documents/vocabulary.ts';

/**
 * The state of one application instance as the search sees it: where its code stands (a node of its history), and
 * how far each connection has come on the server and back.
 */
export interface ProcessState {
  role: number;
  node: number;
  /** `absent`: not started yet. `done`: nothing that it may still do can matter; only its calls are kept. */
  phase: 'absent' | 'live' | 'crashed' | 'done';
  /** In the order in which they were made. */
  calls: readonly CallState[];
  connections: readonly Connection[];
  /** Commands that had no reply when a connection was cut or they timed out, as `asSentAgain` has them, while a call runs. */
  lost: readonly string[];
  /**
   * While the clock moves: which timers are set, and how long it takes until each is due, in milliseconds. The time limit
   * of a command that may wait is one, too: see `limitId`.
   */
  due: readonly (readonly [timer: number, inMs: number])[];
  /** Commands of ticks that changed the data, by connection and place: a tick with one of them does not lead back. */
  changing: readonly (readonly [connection: number, place: number])[];
}

/** A process that has not started. */
export const ABSENT: ProcessState = {
  role: -1,
  node: -1,
  phase: 'absent',
  calls: [],
  connections: [],
  lost: [],
  due: [],
  changing: [],
};

/** One call on the seller. */
export interface CallState {
  /** Which operation of the scope it is, or -1 where nobody asks what became of it. */
  operation: number;
  kind: 'purchase' | 'release' | 'restock' | 'confirm' | 'other';
  buyer: number;
  /** It counts as started. Of a lone buyer's purchase that is later than the call: see `Cursor`. */
  begun: boolean;
  /** Absent while it runs. */
  outcome?: Outcome;
  /** The client sent commands again while it ran. */
  resent: boolean;
  /** Where buyers confirm: the clock has moved since it began; of a confirm, since its purchase did. */
  late?: boolean;
  /** Of a confirm: an earlier one was acknowledged. */
  paid?: boolean;
  /** Of a release: see `Releasing`. */
  uncertain?: boolean;
}

/** It lives, and somebody had an error from it that a fault may explain. */
export const hasFailedSomebody = ({ phase, calls }: ProcessState): boolean =>
  phase === 'live' &&
  calls.some(({ kind, outcome }) => kind === 'purchase' && (outcome === 'unknown' || outcome === 'rejected'));

/**
 * The calls after the clock moved: what was taken by then, and is not paid, may be gone.
 * @param dated the code may know what time it was before its first command, so that its hold may be as old
 */
export const late = (calls: readonly CallState[], dated: boolean): CallState[] =>
  calls.map((call) => {
    const mayBe = call.kind === 'purchase' ? call.begun || dated : call.kind === 'confirm' && !call.outcome;
    return mayBe ? { ...call, late: true } : call;
  });

/** The call after the client sent commands again: it concerns those that still run. */
export const resent = (call: CallState): CallState =>
  call.outcome === undefined && call.operation >= 0 ? { ...call, resent: true } : call;

/** One connection, as the server knows it. */
export interface Connection {
  /** Commands of the node's `written` that ran. */
  executed: number;
  /** After a crash or a cut: how many of the written commands may still run; they are the ghost. */
  limit: number;
  /** Replies on their way to the client. */
  replies: readonly string[];
  /** Keys under WATCH. */
  watched: readonly string[];
  /** A watched key was touched: the next EXEC answers nil. */
  dirty: boolean;
  /** Commands queued since MULTI. */
  queue: readonly string[] | undefined;
  /** Replicas that had stopped before it last wrote, so that they lack that. */
  lacking: number;
  /** Its next command waits for what is not there. */
  blocked: boolean;
  /** Whether the client still listens. */
  open: boolean;
}

export const NEW_CONNECTION: Connection = {
  executed: 0,
  limit: Number.MAX_SAFE_INTEGER,
  replies: [],
  watched: [],
  dirty: false,
  queue: undefined,
  lacking: 0,
  blocked: false,
  open: true,
};

/** A connection that nobody will hear of again. */
export const GONE: Connection = { ...NEW_CONNECTION, limit: 0, open: false };

/** An answer as it arrives. */
export interface Answered {
  operation: number;
  outcome: Outcome;
}

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

/** Only what the process was asked is kept of it, in the order of the operations. */
export const spent = ({ role, calls }: ProcessState): ProcessState => ({
  ...ABSENT,
  role,
  phase: 'done',
  calls: calls.filter((call) => call.operation >= 0).toSorted((a, b) => a.operation - b.operation),
});

/** Trailing connections that are gone are kept as such, so that the numbers of the others stay. */
export const withoutSpentConnections = (local: ProcessState): ProcessState => ({
  ...local,
  connections: local.connections.map((connection) => (connection.limit === 0 ? GONE : connection)),
});

/** It lives, and a command of it waits for what was not there. */
export const waitsAtServer = ({ phase, connections }: ProcessState): boolean =>
  phase === 'live' && connections.some(({ blocked }) => blocked);
