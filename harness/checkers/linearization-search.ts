import type { Clock } from '../ambient.ts';
import { Configurations, Members } from './configurations.ts';
import type { LinearizabilityResult, Model, Operation } from './linearizability.ts';

/** An invocation or a completion, in a doubly linked list that is ordered by time. */
interface Event {
  id: number;
  /** The completion of an invocation, undefined when its end is open; null marks a completion itself. */
  completion: Event | null | undefined;
  previous: Event | undefined;
  next: Event | undefined;
}

/** Steps between two looks at the clock, at most. */
const MOST_STRIDE = 1024;

/** The search for an order of one part's operations; it can be interrupted and continued. */
export class Search<S, I, O> {
  /** Undefined while there is more to try. `inconclusive`: there is, but no memory for it. */
  verdict: 'holds' | 'violated' | 'inconclusive' | undefined;
  readonly #model: Model<S, I, O>;
  readonly #operations: readonly Operation<I, O>[];
  readonly #clock: Pick<Clock, 'monotonicNs'>;
  /** Stands before the first event that is not placed. */
  readonly #head: Event;
  /** What is tried next. */
  #event: Event | undefined;
  #state: S;
  /** Operations that must still be placed. */
  #open = 0;
  readonly #placed: Members;
  readonly #stack: { event: Event; state: S }[] = [];
  readonly #entered: Configurations<S>;
  readonly #most: number;
  #longest: number[] | undefined;
  #unplaced: number[] = [];
  #stride = 1;

  /**
   * @param most configurations to remember; beyond that the verdict is `inconclusive`
   * @throws RangeError if an operation completes before it was invoked, or a time is not a number
   */
  constructor(
    model: Model<S, I, O>,
    operations: readonly Operation<I, O>[],
    clock: Pick<Clock, 'monotonicNs'>,
    most: number,
  ) {
    this.#model = model;
    this.#operations = operations;
    this.#clock = clock;
    this.#head = timeline(operations);
    this.#event = this.#head.next;
    this.#state = model.init();
    for (const { completed } of operations) if (completed !== Infinity) this.#open++;
    this.#placed = new Members(operations.length);
    this.#entered = new Configurations(model);
    this.#most = most;
  }

  /** Goes on until there is a verdict or the time is reached. */
  run(untilNs: number): void {
    let lastNs = this.#clock.monotonicNs();
    const turnNs = untilNs - lastNs;
    for (let left = this.#stride; this.verdict === undefined; left--) {
      if (left === 0) {
        // Seldom enough to cost nothing, often enough to stop in time, whatever a step of the model takes.
        const now = this.#clock.monotonicNs();
        if (now >= untilNs) return;
        if (now - lastNs < turnNs / 1000) this.#stride = Math.min(this.#stride * 2, MOST_STRIDE);
        else if (now - lastNs > turnNs / 100) this.#stride = Math.max(this.#stride >>> 2, 1);
        lastNs = now;
        left = this.#stride;
      }
      this.#step();
    }
  }

  evidence(): Omit<LinearizabilityResult<I, O>, 'verdict'> {
    if (this.verdict !== 'holds') this.#keepLongest();
    return {
      longestPrefix: this.#longest!.map((id) => this.#operations[id]!),
      unplaced: this.verdict === 'holds' ? [] : this.#unplaced.map((id) => this.#operations[id]!),
    };
  }

  #step(): void {
    if (this.#open === 0) {
      this.verdict = 'holds';
      this.#longest = this.#stack.map(({ event }) => event.id);
      return;
    }
    // There is a completion left in the list, and no invocation behind the first one may be placed before it.
    const event = this.#event!;
    if (event.completion === null) this.#goBack();
    else if (!this.#place(event)) this.#event = event.next;
  }

  #place(event: Event): boolean {
    const { input, output } = this.#operations[event.id]!;
    const { ok, state } = this.#model.step(this.#state, input, output);
    if (!ok) return false;
    this.#placed.add(event.id);
    if (!this.#entered.add(this.#placed, state)) {
      this.#placed.remove(event.id);
      return false;
    }
    if (this.#entered.size >= this.#most) this.verdict = 'inconclusive';
    this.#stack.push({ event, state: this.#state });
    this.#state = state;
    takeOut(event);
    if (event.completion) this.#open--;
    this.#event = this.#head.next;
    return true;
  }

  #goBack(): void {
    this.#keepLongest();
    const last = this.#stack.pop();
    if (last === undefined) {
      this.verdict = 'violated';
      return;
    }
    putBack(last.event);
    this.#placed.remove(last.event.id);
    if (last.event.completion) this.#open++;
    this.#state = last.state;
    this.#event = last.event.next;
  }

  #keepLongest(): void {
    if (this.#longest !== undefined && this.#stack.length <= this.#longest.length) return;
    this.#longest = this.#stack.map(({ event }) => event.id);
    this.#unplaced = candidates(this.#head);
  }
}

/** All invocations and completions by time, behind a head. At the same time invocations come first: no order. */
function timeline(operations: readonly Operation<unknown, unknown>[]): Event {
  const events: { time: number; event: Event }[] = [];
  for (const [id, { invoked, completed }] of operations.entries()) {
    if (!(invoked <= completed)) {
      throw new RangeError(`operation ${id} is invoked at ${invoked} and completed at ${completed}`);
    }
    const completion: Event | undefined =
      completed === Infinity ? undefined : { id, completion: null, previous: undefined, next: undefined };
    events.push({ time: invoked, event: { id, completion, previous: undefined, next: undefined } });
    if (completion) events.push({ time: completed, event: completion });
  }
  const isCompletion = (event: Event): number => (event.completion === null ? 1 : 0);
  events.sort((a, b) => a.time - b.time || isCompletion(a.event) - isCompletion(b.event));
  const head: Event = { id: -1, completion: undefined, previous: undefined, next: undefined };
  let last = head;
  for (const { event } of events) {
    last.next = event;
    event.previous = last;
    last = event;
  }
  return head;
}

/** Invocations that real time allows next: those before the first completion in the list. */
function candidates(head: Event): number[] {
  const ids: number[] = [];
  for (let event = head.next; event && event.completion !== null; event = event.next) ids.push(event.id);
  return ids;
}

function takeOut(invocation: Event): void {
  for (const event of [invocation, invocation.completion]) {
    if (!event) continue;
    event.previous!.next = event.next;
    if (event.next) event.next.previous = event.previous;
  }
}

/** Undoes takeOut; in the reverse order, because the two events may have been neighbours. */
function putBack(invocation: Event): void {
  for (const event of [invocation.completion, invocation]) {
    if (!event) continue;
    event.previous!.next = event;
    if (event.next) event.next.previous = event;
  }
}
