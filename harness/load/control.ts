import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../ground/ambient.ts';
import { ownThread } from '../ground/thread-cpu.ts';

const READY = 0;
const STOPPED = 1;
/** Values of it: no purchase begins any more; nor does anybody wait for long for those that are under way. */
const [ENDING, CUT_SHORT] = [1, 2];
const SALES = 2;
/** Where the instances' part of the memory begins, in bytes. */
const LIVES = 24;
const BEAT_MS = 50;

const memoryFor = (instances: number): SharedArrayBuffer => new SharedArrayBuffer(LIVES + 8 * instances);

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
  /** Of each instance: how often it got round, and the number of its thread. */
  readonly #lives: Int32Array;

  /** @param memory of the main thread's; absent: this is the main thread, and nobody is to show that they get round */
  constructor(clock: Clock, memory: SharedArrayBuffer = memoryFor(0)) {
    this.memory = memory;
    this.#lives = new Int32Array(memory, LIVES);
    this.#flags = new Int32Array(memory, 0, 3);
    this.#startNs = new BigInt64Array(memory, 16, 1);
    this.#clock = clock;
  }

  /** Main: with room for so many instances that show that they get round. */
  static of(instances: number, clock: Clock): Control {
    return new Control(clock, memoryFor(instances));
  }

  /** Worker: shows from now on that it gets round, until that is disposed of. */
  beat(instance: number): Disposable {
    const at = 2 * instance;
    Atomics.store(this.#lives, at + 1, ownThread());
    Atomics.store(this.#lives, at, 1);
    const beating = setInterval(() => Atomics.add(this.#lives, at, 1), BEAT_MS).unref();
    return {
      [Symbol.dispose]: () => {
        clearInterval(beating);
        Atomics.store(this.#lives, at, 0);
      },
    };
  }

  /** Main: instances that show that they get round, and how often they did. */
  *beating(): Generator<{ instance: number; beats: number; thread: number }> {
    for (let instance = 0; 2 * instance < this.#lives.length; instance++) {
      const beats = Atomics.load(this.#lives, 2 * instance);
      if (beats > 0) yield { instance, beats, thread: Atomics.load(this.#lives, 2 * instance + 1) };
    }
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
    Atomics.compareExchange(this.#flags, STOPPED, 0, ENDING);
  }

  /** The same where somebody waits for the end: what does not settle by itself is left. */
  cutShort(): void {
    Atomics.store(this.#flags, STOPPED, CUT_SHORT);
  }

  get isCutShort(): boolean {
    return Atomics.load(this.#flags, STOPPED) === CUT_SHORT;
  }

  async whenStopped(): Promise<undefined> {
    while (!this.stopped) await this.#clock.sleep(20);
  }

  get stopped(): boolean {
    return Atomics.load(this.#flags, STOPPED) !== 0;
  }
}
