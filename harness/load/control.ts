import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../ground/ambient.ts';

const READY = 0;
const STOPPED = 1;
const SALES = 2;
/** Between the signal and the start, so that no worker hears of the start after it. */
const LEAD_NS = 5e6;

/**
 * What the main thread and its workers share while a run goes on: who is ready, when it starts, what is sold, whether it stops.
 * Everybody polls without blocking, because a blocked event loop serves no sockets.
 */
export class Control {
  readonly memory: SharedArrayBuffer;
  readonly #flags: Int32Array;
  readonly #startNs: BigInt64Array;
  readonly #clock: Clock;

  constructor(clock: Clock, memory = new SharedArrayBuffer(24)) {
    this.memory = memory;
    this.#flags = new Int32Array(memory, 0, 3);
    this.#startNs = new BigInt64Array(memory, 16, 1);
    this.#clock = clock;
  }

  /** Worker: prepared, waiting for the start. */
  ready(): void {
    Atomics.add(this.#flags, READY, 1);
  }

  /** Main: resolves when so many are ready, or when the run was stopped before. */
  async allReady(workers: number): Promise<void> {
    while (Atomics.load(this.#flags, READY) < workers && !this.stopped) await this.#clock.sleep(1);
  }

  /** Main: sets the common start, in nanoseconds of the monotonic clock, and answers it. */
  start(): number {
    const startNs = this.#clock.monotonicNs() + LEAD_NS;
    Atomics.store(this.#startNs, 0, BigInt(startNs));
    return startNs;
  }

  /** Worker: waits for the common start. Answers undefined when the run was stopped before it. */
  async started(): Promise<number | undefined> {
    let startNs = 0;
    while (startNs === 0 && !this.stopped) {
      await this.#clock.sleep(1);
      startNs = Number(Atomics.load(this.#startNs, 0));
    }
    if (this.stopped) return undefined;
    while (this.#clock.monotonicNs() < startNs) await nextTurn();
    return startNs;
  }

  /** Worker: one more was sold, where somebody counts them meanwhile. */
  noteSale(): void {
    Atomics.add(this.#flags, SALES, 1);
  }

  /** Sales so far, of workers that note them. */
  get sales(): number {
    return Atomics.load(this.#flags, SALES);
  }

  /** No purchase begins any more; what is outstanding may end. */
  stop(): void {
    Atomics.store(this.#flags, STOPPED, 1);
  }

  async whenStopped(): Promise<undefined> {
    while (!this.stopped) await this.#clock.sleep(20);
  }

  get stopped(): boolean {
    return Atomics.load(this.#flags, STOPPED) === 1;
  }
}
