import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

/** How long a server may be silent that is asked something: a run without one is over within 5 s. */
export const SILENT_MS = 4_000;

/** How long code may hold its thread, and keep others waiting. */
export const HELD_MS = 10_000;

/** How long an import may wait at top level: on a busy machine, what opens files and asks others takes its time. */
export const IMPORT_MS = 30_000;

/** Threads that are started later are as patient. */
const KEY = 'oversell.patienceMs';

/** `--patience` of this command, in seconds; undefined: the usual. */
export const bePatient = (seconds: number | undefined): void =>
  setEnvironmentData(KEY, seconds === undefined ? 0 : seconds * 1_000);

/** So many milliseconds, or as many as `--patience` says where that is more. */
export const patientMs = (usualMs: number): number => Math.max(usualMs, Number(getEnvironmentData(KEY) ?? 0));

/** More of the time that passes between two looks counts as a pause of our own, or of the machine. */
const MOST_LOOKS = 2;

/**
 * Time that somebody else has let pass: what our own thread was held, or the machine asleep, does not count.
 * It is looked at in turns of the event loop, at regular intervals.
 */
export class WaitedMs {
  readonly #now: () => number;
  readonly #everyMs: number;
  #lastMs: number;
  #total = 0;

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number, everyMs: number) {
    this.#now = now;
    this.#everyMs = everyMs;
    this.#lastMs = now();
  }

  /** Looks again. @returns milliseconds in all, since the start or `reset` */
  look(): number {
    const now = this.#now();
    this.#total += Math.min(now - this.#lastMs, MOST_LOOKS * this.#everyMs);
    this.#lastMs = now;
    return this.#total;
  }

  reset(): void {
    this.#total = 0;
  }
}
