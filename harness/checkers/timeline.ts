import { orderByTime } from './order.ts';

/** Stands before the first event. */
export const HEAD = 0;
/** Stands behind the last event. */
const END = -1;

/**
 * The invocations and completions that are not yet placed, by time, as a doubly linked list in arrays. At the same
 * time invocations come first: operations that merely touch have no order.
 */
export class Timeline {
  /** By event. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** By event: the operation that it invokes; of a completion the complement, which is negative. */
  readonly #operation: Int32Array;
  /** By operation: the event that completes it, HEAD when its end is open. */
  readonly #completion: Int32Array;

  /** @param operations in the order of their invocation */
  constructor(operations: readonly { invoked: number; completed: number }[]) {
    const { length } = operations;
    const completed = new Float64Array(length);
    let events = 1 + length;
    for (let id = 0; id < length; id++) {
      completed[id] = operations[id]!.completed;
      if (completed[id] !== Infinity) events++;
    }
    this.#next = new Int32Array(events);
    this.#previous = new Int32Array(events);
    this.#operation = new Int32Array(events);
    this.#completion = new Int32Array(length);
    const ends = orderByTime(completed, length);
    let ended = 0;
    for (let event = 1, id = 0; event < events; event++) {
      const end = completed[ends[ended]!]!;
      if (id < length && operations[id]!.invoked <= end) {
        this.#operation[event] = id++;
      } else {
        const over = ends[ended++]!;
        this.#operation[event] = ~over;
        this.#completion[over] = event;
      }
    }
    for (let event = 0; event < events; event++) {
      this.#next[event] = event + 1;
      this.#previous[event] = event - 1;
    }
    this.#next[events - 1] = END;
  }

  next(event: number): number {
    return this.#next[event]!;
  }

  isCompletion(event: number): boolean {
    return this.#operation[event]! < 0;
  }

  /** The operation that an invocation invokes. */
  operation(invocation: number): number {
    return this.#operation[invocation]!;
  }

  /** Takes an operation's invocation out, and its completion, if it has one. */
  takeOut(invocation: number): void {
    this.#unlink(invocation);
    const completion = this.#completion[this.#operation[invocation]!]!;
    if (completion !== HEAD) this.#unlink(completion);
  }

  /** Undoes takeOut; in the reverse order, because the two events may have been neighbours. */
  putBack(invocation: number): void {
    const completion = this.#completion[this.#operation[invocation]!]!;
    if (completion !== HEAD) this.#link(completion);
    this.#link(invocation);
  }

  #unlink(event: number): void {
    const next = this.#next[event]!;
    this.#next[this.#previous[event]!] = next;
    if (next !== END) this.#previous[next] = this.#previous[event]!;
  }

  #link(event: number): void {
    const next = this.#next[event]!;
    this.#next[this.#previous[event]!] = event;
    if (next !== END) this.#previous[next] = event;
  }
}
