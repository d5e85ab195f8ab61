/** A timer that is set, or the time limit of a command that comes next: what has that number, and how long it takes. */
export interface Awaited {
  id: number;
  delayMs: number;
}

/** When what a process waits for is due, by the time that passes while it is driven and nothing else goes on. */
export class Dues {
  #nowMs = 0;
  readonly #dueMs = new Map<number, number>();

  /** This is all that it waits for now. */
  follow(awaited: readonly Awaited[]): void {
    const ids = new Set(awaited.map(({ id }) => id));
    for (const id of this.#dueMs.keys()) if (!ids.has(id)) this.#dueMs.delete(id);
    for (const { id, delayMs } of awaited)
      if (!this.#dueMs.has(id)) this.#dueMs.set(id, this.#nowMs + delayMs);
  }

  isBefore(id: number, other: number): boolean {
    return (this.#dueMs.get(id) ?? 0) < (this.#dueMs.get(other) ?? 0);
  }

  /** Its time has come. */
  come(id: number): void {
    this.#nowMs = Math.max(this.#nowMs, this.#dueMs.get(id) ?? 0);
    this.forget(id);
  }

  /** It is waited for no more; what has its number from now on is another. */
  forget(id: number): void {
    this.#dueMs.delete(id);
  }
}

/**
 * Commands that wait in vain, one after the other, before a timer that is due later than each of them: more may never
 * end, where the timer is what ends them.
 */
export const MOST_LAPSES = 8;
