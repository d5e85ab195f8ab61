import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** A timer may be late by one of these; nearer arrivals are waited for turn by turn. */
const TIMER_NS = 2e6;

export interface OpenLoopOptions {
  /** Intended starts, ascending, in nanoseconds since the run's start; Infinity after the last one. */
  next: () => number;
  /** Purchases that can be in flight at a time; who comes when all are taken waits. */
  slots: number;
  /** Nanoseconds since the run's start. */
  now: () => number;
  stopped: () => boolean;
  /** Undefined: there is nobody left to buy. */
  purchase: (slot: number, intendedNs: number, noticedNs: number) => Promise<void> | undefined;
}

/** Buyers come when they come: a slow answer never keeps the next one from asking, and its wait is counted. */
export class OpenLoop {
  /** Spent looking at the clock, with nothing to do. */
  waitedNs = 0;
  #dueNs: number;
  /** Purchases sent and answered. */
  #events = 0;
  #outstanding = 0;
  #over = false;
  readonly #waiting = new Waiting();
  readonly #free: number[];
  readonly #options: OpenLoopOptions;
  #whenIdle: (() => void) | undefined;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
    this.#dueNs = options.next();
    this.#free = Array.from({ length: options.slots }, (_, i) => options.slots - 1 - i);
  }

  /** Settles when nobody comes any more and everybody has an answer, or when the run is stopped and they have. */
  async run(): Promise<void> {
    const { now, stopped } = this.#options;
    while (!stopped() && !this.#over && (this.#dueNs < Infinity || this.#waiting.length > 0)) {
      const nowNs = now();
      const events = this.#events;
      this.#welcome(nowNs);
      this.#send();
      const gapNs = this.#dueNs - now();
      if (gapNs > TIMER_NS || this.#dueNs === Infinity) await pause(1);
      else {
        await nextTurn();
        if (events === this.#events) this.waitedNs += now() - nowNs;
      }
    }
    if (this.#outstanding > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  /** Arrivals until now that never became a purchase. */
  get unsent(): number {
    if (this.#over && !this.#options.stopped()) return 0; // everybody who was to buy has asked
    let unsent = this.#waiting.length;
    for (const nowNs = this.#options.now(); this.#dueNs <= nowNs; this.#dueNs = this.#options.next())
      unsent++;
    return unsent;
  }

  #welcome(nowNs: number): void {
    for (; this.#dueNs <= nowNs; this.#dueNs = this.#options.next()) this.#waiting.push(this.#dueNs, nowNs);
  }

  #send(): void {
    const { purchase } = this.#options;
    while (this.#waiting.length > 0 && this.#free.length > 0 && !this.#over) {
      const slot = this.#free.pop()!;
      const { intendedNs, noticedNs } = this.#waiting.shift();
      const bought = purchase(slot, intendedNs, noticedNs);
      if (bought === undefined) {
        this.#over = true;
        return;
      }
      this.#outstanding++;
      this.#events++;
      void bought.then(() => this.#answered(slot));
    }
  }

  #answered(slot: number): void {
    this.#events++;
    this.#outstanding--;
    this.#free.push(slot);
    if (!this.#options.stopped()) this.#send();
    if (this.#outstanding === 0) this.#whenIdle?.();
  }
}

/** First in, first out; emptied from the front without moving the rest. */
class Waiting {
  #intended: number[] = [];
  #noticed: number[] = [];
  #head = 0;

  get length(): number {
    return this.#intended.length - this.#head;
  }

  push(intendedNs: number, noticedNs: number): void {
    this.#intended.push(intendedNs);
    this.#noticed.push(noticedNs);
  }

  shift(): { intendedNs: number; noticedNs: number } {
    const first = { intendedNs: this.#intended[this.#head]!, noticedNs: this.#noticed[this.#head]! };
    this.#head++;
    if (this.#head === this.#intended.length) {
      this.#intended = [];
      this.#noticed = [];
      this.#head = 0;
    }
    return first;
  }
}
