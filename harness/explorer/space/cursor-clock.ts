import type { PendingTimer } from '../process/timers.ts';
import type { ProcessState } from './process-state.ts';

/**
 * The world's clock while one instance is in motion. Firing a timer moves it to the timer's deadline; what is overdue
 * may still come at any moment, as its process may be slow.
 */
export class CursorClock {
  /** What the clock showed when this began, in milliseconds after the world's beginning; undefined: nobody reads it. */
  startMs: number | undefined;
  /** How far it has moved since. */
  elapsedMs = 0;
  due: ProcessState['due'];
  readonly #moves: boolean;

  /** @param moves else no deadline makes a difference, and none is kept */
  constructor(due: ProcessState['due'], moves: boolean) {
    this.due = due;
    this.#moves = moves;
  }

  get nowMs(): number {
    return (this.startMs ?? 0) + this.elapsedMs;
  }

  /** How long it takes until the timer is due. */
  inMs(timer: number): number {
    return this.due.find(([other]) => other === timer)?.[1] ?? 0;
  }

  pass(ms: number): void {
    this.elapsedMs += ms;
    this.due = aged(this.due, ms);
  }

  /** These timers are set now, and these time limits of commands that may wait. */
  follow(timers: readonly Pick<PendingTimer, 'id' | 'delayMs'>[]): void {
    if (!this.#moves) return;
    const before = new Map(this.due);
    this.due = timers.map(({ id, delayMs }) => [id, before.get(id) ?? delayMs]);
  }

  /** It counts no more. */
  forget(timer: number): void {
    this.due = this.due.filter(([other]) => other !== timer);
  }

  /** Whether what the clock shows may be read. */
  get shows(): boolean {
    return this.startMs !== undefined && this.nowMs > 0;
  }
}

/** What is left until each timer is due when time has passed. */
export const aged = (due: ProcessState['due'], ms: number): ProcessState['due'] =>
  due.map(([timer, inMs]) => [timer, Math.max(0, inMs - ms)]);
