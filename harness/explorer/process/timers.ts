import { VirtualTimer } from './virtual.ts';

/** The timers of one instance, and its clock: time passes only when one of them fires. */
export class Timers {
  /** Milliseconds since the epoch, as the instance is told. */
  nowMs: number;
  readonly #byDeadline: boolean;
  readonly #onSet: () => void;
  readonly #waiting = new Set<VirtualTimer>();

  /** @param byDeadline they fire by deadline; else as they were set */
  constructor(nowMs: number, byDeadline: boolean, onSet: () => void) {
    this.nowMs = nowMs;
    this.#byDeadline = byDeadline;
    this.#onSet = onSet;
  }

  /** Those that have not fired, and how many of them are setInterval's. */
  observe(): { timers: number; repeating: number } {
    const repeating = [...this.#waiting].filter(({ everyMs }) => everyMs !== undefined).length;
    return { timers: this.#waiting.size, repeating };
  }

  start(callback: () => void, delayMs: number, repeats: boolean): VirtualTimer {
    // As Node does: what is no delay, or too long for it, is one millisecond.
    const delay = delayMs >= 1 && delayMs < 2 ** 31 ? Math.trunc(delayMs) : 1;
    const timer = new VirtualTimer(callback, delay, repeats, () => this.#set(timer, delay));
    this.#set(timer, delay);
    return timer;
  }

  clear(timer: VirtualTimer): void {
    this.#waiting.delete(timer);
  }

  /** The earliest deadline first; among equals the one that was set first. */
  fire(): void {
    let next: VirtualTimer | undefined;
    for (const timer of this.#waiting) {
      if (!next || (this.#byDeadline && timer.deadlineMs < next.deadlineMs)) next = timer;
    }
    if (!next) throw new Error('no timer to fire');
    this.#waiting.delete(next);
    this.nowMs = Math.max(this.nowMs, next.deadlineMs);
    // It is the same timer that comes again: whoever holds it ends it, also in the callback.
    if (next.everyMs !== undefined) this.#set(next, next.everyMs);
    next.callback();
  }

  #set(timer: VirtualTimer, delay: number): void {
    this.#onSet();
    this.#waiting.delete(timer); // it comes after those that were set before it
    timer.deadlineMs = this.nowMs + delay;
    this.#waiting.add(timer);
  }
}
