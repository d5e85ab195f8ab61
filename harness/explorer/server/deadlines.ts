import { requireDone } from '../../wire/raw-connection.ts';
import { decode } from '../../wire/resp.ts';
import type { Deadline } from './content.ts';

/**
 * Deadlines of keys are logical: how long a key still lives by the clock of the explored world, which stands still
 * but where a timer fires or time is let pass. The private server has a clock of its own, so a state is restored with
 * deadlines out of its reach, and what a step made of them is told from where they lie after it.
 */

/** Restored deadlines lie from here on, out of reach of the server's clock and of dates that a sale may name. */
const OUT_OF_REACH_MS = 10 ** 13;
/** A deadline that lies further ahead is told apart by looking twice: a date, or a very long time to live. */
const HALF_A_YEAR_MS = 182 * 86_400_000;

/** Commands that compare deadlines (EXPIRE … GT) need them where the server's own clock would have them. */
const COMPARES = /\b(GT|LT)\b/i;

/** Where on the server's clock the deadlines of a state are restored, for a step of these texts. */
export const referenceFor = (texts: readonly string[], nowMs: number): number =>
  comparesDeadlines(texts) ? nowMs : OUT_OF_REACH_MS;

export const comparesDeadlines = (texts: readonly string[]): boolean =>
  texts.some((text) => COMPARES.test(text));

/** The deadline that a key of a state is restored with, ms since the epoch; undefined: none. */
export function restoredAt(
  { ttlMs, untilMs }: Deadline,
  referenceMs: number,
  epochMs: number,
): number | undefined {
  if (ttlMs !== undefined) return referenceMs + ttlMs;
  return untilMs === undefined ? undefined : epochMs + untilMs;
}

/** Deadlines of a state's keys. */
interface Dated {
  readonly keys: ReadonlyMap<string, { deadline?: Deadline }>;
}

/** When one step ran by the server's clock, and on which state. */
export class Moment {
  readonly #from: Dated;
  readonly #referenceMs: number;
  readonly #epochMs: number;
  readonly #beforeMs: number;
  readonly #afterMs: number;
  /** Deadlines that an earlier run of the same step left: what is a date is the same again. */
  readonly #earlier: ReadonlyMap<string, number>;
  /** Deadlines that lie far ahead, which another run has to tell apart. */
  readonly far = new Map<string, number>();

  constructor(
    state: { from: Dated; referenceMs: number; epochMs: number; earlier: ReadonlyMap<string, number> },
    [beforeMs, afterMs]: readonly [number, number],
  ) {
    this.#from = state.from;
    this.#referenceMs = state.referenceMs;
    this.#epochMs = state.epochMs;
    this.#earlier = state.earlier;
    this.#beforeMs = beforeMs;
    this.#afterMs = afterMs;
  }

  /**
   * @param atMs where the key's deadline lies by the server's clock
   * @returns undefined if the run was too slow to tell
   */
  deadlineOf(key: string, atMs: number): Deadline | undefined {
    const before = this.#from.keys.get(key)?.deadline;
    if (before && restoredAt(before, this.#referenceMs, this.#epochMs) === atMs) return before;
    if (atMs - this.#afterMs > HALF_A_YEAR_MS) {
      const earlier = this.#earlier.get(key);
      if (earlier === atMs) return { untilMs: atMs - this.#epochMs };
      this.far.set(key, atMs);
      // Seen for the first time, or it moved along with the clock: then it is a time to live.
      if (earlier === undefined) return undefined;
    }
    return this.#beforeMs === this.#afterMs ? { ttlMs: atMs - this.#beforeMs } : undefined;
  }
}

/** What passing time comes to. */
export interface Elapsed {
  next: number;
  touched: number;
  /** Keys that were forgotten, the earliest deadline first, and the server after each. */
  expired: readonly { key: string; server: number }[];
}

/** What TIME answered, in milliseconds. */
export function millisecondsOf(reply: string): number {
  const decoded = decode(requireDone(reply));
  const [seconds, micros] =
    typeof decoded === 'object' && decoded !== null && 'items' in decoded ? decoded.items : [];
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

/** What passing time comes to. */
export interface Elapsed {
  next: number;
  touched: number;
  /** Keys that were forgotten, the earliest deadline first, and the server after each. */
  expired: readonly { key: string; server: number }[];
}
