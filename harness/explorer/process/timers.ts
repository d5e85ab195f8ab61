import { VirtualTimer } from './virtual.ts';

/** A timer that has not fired, as the search knows it. */
export interface PendingTimer {
  /** Counts the settings of timers of its process: a timer that is set again has a new one. */
  id: number;
  delayMs: number;
  /** setInterval's. */
  repeats: boolean;
  /** It may be the next that fires. */
  firable: boolean;
}

/**
 * The number of the time limit of what a connection's next command may wait for: the server's, so it is none of the
 * process's own timers, which count from 0.
 */
export const limitId = (connection: number): number => -1 - connection;

/** A timer as it was set last. */
interface Setting {
  id: number;
  delayMs: number;
  deadlineMs: number;
  /** See `Timers.slack`. */
  stretch: number;
  /** Nobody knows how long it takes: it is due before or after any other. */
  free: boolean;
}

/**
 * The timers of one instance, and its clock: the least that can have passed. It goes on where a timer fires, and
 * where it is told to (`advanceTo`). Between two of its events any time may pass, as a reply may be slow.
 */
export class Timers {
  /** Milliseconds since the epoch: the least that can have passed, by its own timers. */
  #nowMs: number;
  /** The time that it was told. */
  #toldMs = 0;
  readonly #byDeadline: boolean;
  readonly #onSet: () => void;
  /** In the order in which they were set. */
  readonly #waiting = new Map<VirtualTimer, Setting>();
  /** Commands that have no reply, by the timers that end the wait for it. In the order in which they were set. */
  readonly #limits = new Set<VirtualTimer>();
  #settings = 0;
  #stretch = 0;
  #started = 0;

  /** @param byDeadline they fire by deadline; else as they were set */
  constructor(startMs: number, byDeadline: boolean, onSet: () => void) {
    this.#nowMs = startMs;
    this.#byDeadline = byDeadline;
    this.#onSet = onSet;
  }

  /** What its code reads. */
  get nowMs(): number {
    return Math.max(this.#nowMs, this.#toldMs);
  }

  /** Those that have not fired, the earliest deadline first; among equals the one that was set first. */
  observe(): PendingTimer[] {
    return this.#inOrder().map(([timer, { delayMs, ...setting }], place, all) => ({
      id: setting.id,
      delayMs,
      repeats: timer.everyMs !== undefined,
      firable: all.slice(0, place).every(([, earlier]) => !precedes(earlier, setting)),
    }));
  }

  start(callback: () => void, delayMs: number, repeats: boolean): VirtualTimer {
    // As Node does: what is no delay, or too long for it, is one millisecond.
    const delay = delayMs >= 1 && delayMs < 2 ** 31 ? Math.trunc(delayMs) : 1;
    const number = ++this.#started;
    const again = (): void => this.#set(timer, delay);
    const timer: VirtualTimer = new VirtualTimer(callback, delay, repeats, { number, again });
    this.#set(timer, delay);
    return timer;
  }

  /**
   * The time limit of a command, of which nobody knows how long it is. It passes when it is told to, and is no timer of the
   * process's: nothing else is before or after it.
   */
  limit(callback: () => void): VirtualTimer {
    this.#onSet();
    const timer = new VirtualTimer(callback, 0, false, { number: ++this.#started, again: () => {} });
    this.#limits.add(timer);
    return timer;
  }

  /** One that comes to nothing when it fires, and so does not. */
  never(callback: () => void): VirtualTimer {
    return new VirtualTimer(callback, 0, false, { number: ++this.#started, again: () => {} });
  }

  /** Time limits of commands that have not passed. */
  get limits(): number {
    return this.#limits.size;
  }

  /** Lets so many of them pass, those that were set first; one that is ended meanwhile does not. */
  *passLimits(count: number): Generator<() => void> {
    for (const timer of [...this.#limits].slice(0, count))
      if (this.#limits.delete(timer)) yield timer.callback;
  }

  /** Work of the machine's that ends at some time. */
  work(done: () => void): void {
    this.#set(new VirtualTimer(done, 0, false, { number: ++this.#started, again: () => {} }), 0, true);
  }

  /** @param timer it, or its number */
  clear(timer: VirtualTimer | number): void {
    const one =
      typeof timer === 'number' ? [...this.#waiting.keys()].find(({ number }) => number === timer) : timer;
    if (!one) return;
    this.#waiting.delete(one);
    this.#limits.delete(one);
  }

  /** Something came from outside, by when any time may have passed. */
  slack(): void {
    this.#stretch++;
  }

  /** It is at least this late. Which timer is next does not depend on that: others may have slept meanwhile. */
  tell(nowMs: number): void {
    this.#toldMs = Math.max(this.#toldMs, nowMs);
  }

  /** @param id of the one that fires; absent: the first */
  fire(id?: number): void {
    const [next, setting] = this.#inOrder().find(([, one]) => id === undefined || one.id === id) ?? [];
    if (!next || !setting) throw new Error('no timer to fire');
    this.#waiting.delete(next);
    this.#nowMs = Math.max(this.#nowMs, setting.deadlineMs);
    // How long it took since it was set is not known, if something came meanwhile.
    if (setting.stretch < this.#stretch) this.#stretch++;
    // It is the same timer that comes again: whoever holds it ends it, also in the callback.
    if (next.everyMs !== undefined) this.#set(next, next.everyMs);
    next.callback();
  }

  #inOrder(): [VirtualTimer, Setting][] {
    const waiting = [...this.#waiting];
    if (!this.#byDeadline) return waiting;
    return waiting.toSorted(([, a], [, b]) => a.deadlineMs - b.deadlineMs || a.id - b.id);
  }

  #set(timer: VirtualTimer, delayMs: number, free = false): void {
    this.#onSet();
    this.#waiting.delete(timer); // it comes after those that were set before it
    const deadlineMs = this.#nowMs + delayMs;
    this.#waiting.set(timer, { id: this.#settings++, delayMs, deadlineMs, stretch: this.#stretch, free });
  }
}

/**
 * Whether the first, whose deadline is not later, certainly fires before the second. Deadlines are told by a clock that
 * shows the least that can have passed. Where the first was set before the second, time that passed unseen only makes
 * the second later. Where it was set after the second, and a reply or a call came between, so much time may have passed
 * meanwhile that the second is due already: then either may be the next.
 */
const precedes = (first: Omit<Setting, 'delayMs'>, second: Omit<Setting, 'delayMs'>): boolean =>
  !first.free && !second.free && (first.id < second.id || first.stretch === second.stretch);

/**
 * Timers that may be the next to fire, by their ids; the only one goes without.
 * @param owes an answer is awaited: else timers that repeat for ever are taken to change nothing any more
 */
export function mayFire(timers: readonly PendingTimer[], owes: boolean): (number | undefined)[] {
  if (!timers.some(({ repeats }) => owes || !repeats)) return [];
  if (timers.length === 1) return [undefined];
  return timers.flatMap(({ id, firable }) => (firable ? [id] : []));
}
