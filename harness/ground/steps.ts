import type { Progress } from './progress.ts';

/** So many steps tell how long one takes. */
const ENOUGH = 3;

/** Tells of work in so many steps: which one it is, how long the work has gone on, and how long it may still take. */
export class Steps {
  readonly #progress: Pick<Progress, 'now'>;
  #total: number;
  readonly #now: () => number;
  readonly #startMs: number;
  #begun = 0;

  /**
   * @param total how many there are, as far as is known before
   * @param now milliseconds of a monotonic clock
   */
  constructor(progress: Pick<Progress, 'now'>, total: number, now: () => number) {
    this.#progress = progress;
    this.#total = total;
    this.#now = now;
    this.#startMs = now();
  }

  /** The next step begins. */
  readonly begin = (text: string): void => {
    const elapsedMs = this.#now() - this.#startMs;
    const done = this.#begun;
    this.#begun++;
    this.#total = Math.max(this.#total, this.#begun);
    const leftMs = done < ENOUGH ? undefined : (elapsedMs / done) * (this.#total - done);
    const left = leftMs === undefined ? '' : `, about ${seconds(leftMs)} left`;
    this.#progress.now(text, `${this.#begun} of ${this.#total} · ${seconds(elapsedMs)}${left}`);
  };

  /** There are more than was known before. */
  more(steps: number): void {
    this.#total += steps;
  }

  /** Steps that there is nothing to do in. */
  skip(steps: number): void {
    this.#begun += steps;
  }
}

/** "14 s", "2 min". */
const seconds = (ms: number): string =>
  ms < 100_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
