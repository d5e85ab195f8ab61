import type { Clock } from '../ground/ambient.ts';
import { Configurations, Members } from './configurations.ts';
import type { LinearizabilityResult, Model, ModelOperation } from './model.ts';
import { orderByTime } from './order.ts';
import { HEAD, Timeline } from './timeline.ts';

/** How a search knows what it uses up. */
export interface Gauges {
  clock: Pick<Clock, 'monotonicNs'>;
  /** The share of the heap that is in use, 0 … 1. States live there. */
  heapInUse: () => number;
}

/** Steps between two looks at the clock, at most. */
const MOST_STRIDE = 1024;
/** Beyond this share the collector would soon work more than the search, and in the end give up the process. */
const MOST_HEAP = 0.8;
/** Between two looks at the heap, which cost more than those at the clock. */
const HEAP_LOOK_NS = 10e6;

/** The search for an order of one part's operations; it can be interrupted and continued. */
export class LinearizationSearch<S, I, O> {
  /** Undefined while there is more to try. `inconclusive`: there is, but no memory for it. */
  verdict: 'holds' | 'violated' | 'inconclusive' | undefined;
  readonly #model: Model<S, I, O>;
  /** In the order of their invocation; known by their place here. */
  readonly #operations: readonly ModelOperation<I, O>[];
  readonly #gauges: Gauges;
  /** What is not placed. */
  readonly #timeline: Timeline;
  /** What is tried next. */
  #event: number;
  #state: S;
  /** Operations that must still be placed. */
  #open = 0;
  readonly #placed: Members;
  /** Invocations in the order in which they are placed, and the state before each. */
  readonly #stack: number[] = [];
  readonly #states: S[] = [];
  readonly #entered: Configurations<S>;
  /** The longest stack so far, and how far the present one still begins like it. */
  readonly #longest: number[] = [];
  #alike = 0;
  #stride = 1;
  #nextHeapLookNs: number;

  /** @param operations each completes after it was invoked, or at the same time */
  constructor(model: Model<S, I, O>, operations: readonly ModelOperation<I, O>[], gauges: Gauges) {
    this.#model = model;
    this.#operations = inOrder(operations);
    this.#gauges = gauges;
    this.#nextHeapLookNs = gauges.clock.monotonicNs() + HEAP_LOOK_NS;
    this.#timeline = new Timeline(this.#operations);
    this.#event = this.#timeline.next(HEAD);
    this.#state = model.init();
    for (const { completed } of operations) if (completed !== Infinity) this.#open++;
    this.#placed = new Members(operations.length);
    this.#entered = new Configurations(model);
  }

  /** What it remembers, besides states. */
  get bytes(): number {
    return this.#entered.bytes;
  }

  /** Goes on until there is a verdict, the time is reached, or more is remembered than these bytes. */
  run(untilNs: number, mostBytes: number): void {
    const { clock } = this.#gauges;
    let lastNs = clock.monotonicNs();
    const turnNs = untilNs - lastNs;
    for (let left = this.#stride; this.verdict === undefined; left--) {
      if (left === 0) {
        // Seldom enough to cost nothing, often enough to stop in time, whatever a step of the model takes.
        const now = clock.monotonicNs();
        if (now >= untilNs) return;
        if (now - lastNs < turnNs / 1000) this.#stride = Math.min(this.#stride * 2, MOST_STRIDE);
        else if (now - lastNs > turnNs / 100) this.#stride = Math.max(this.#stride >>> 2, 1);
        lastNs = now;
        left = this.#stride;
        if (this.bytes > mostBytes || this.#heapIsFull(now)) {
          this.verdict = 'inconclusive';
          return;
        }
      }
      this.#step();
    }
  }

  #heapIsFull(nowNs: number): boolean {
    if (nowNs < this.#nextHeapLookNs) return false;
    this.#nextHeapLookNs = nowNs + HEAP_LOOK_NS;
    return this.#gauges.heapInUse() > MOST_HEAP;
  }

  evidence(): Omit<LinearizabilityResult<I, O>, 'verdict'> {
    this.#keepLongest();
    const holds = this.verdict === 'holds';
    const ids = (holds ? this.#stack : this.#longest).map((invocation) =>
      this.#timeline.operation(invocation),
    );
    return {
      longestPrefix: ids.map((id) => this.#operations[id]!),
      unplaced: holds ? [] : this.#nextAfter(new Set(ids)),
    };
  }

  #step(): void {
    if (this.#open === 0) {
      this.verdict = 'holds';
      return;
    }
    // There is a completion left in the list, and no invocation behind the first one may be placed before it.
    if (this.#timeline.isCompletion(this.#event)) this.#goBack();
    else if (!this.#place(this.#event)) this.#event = this.#timeline.next(this.#event);
  }

  #place(invocation: number): boolean {
    const id = this.#timeline.operation(invocation);
    const { input, output, completed } = this.#operations[id]!;
    const { ok, state } = this.#model.step(this.#state, input, output);
    if (!ok) return false;
    this.#placed.add(id);
    if (!this.#entered.add(this.#placed, state)) {
      this.#placed.remove(id);
      return false;
    }
    this.#stack.push(invocation);
    this.#states.push(this.#state);
    this.#state = state;
    this.#timeline.takeOut(invocation);
    if (completed !== Infinity) this.#open--;
    this.#event = this.#timeline.next(HEAD);
    return true;
  }

  #goBack(): void {
    this.#keepLongest();
    const last = this.#stack.pop();
    if (last === undefined) {
      this.verdict = 'violated';
      return;
    }
    this.#alike = Math.min(this.#alike, this.#stack.length);
    this.#timeline.putBack(last);
    const id = this.#timeline.operation(last);
    this.#placed.remove(id);
    if (this.#operations[id]!.completed !== Infinity) this.#open++;
    this.#state = this.#states.pop()!;
    this.#event = this.#timeline.next(last);
  }

  /** Copies only what differs: a search that goes back one step at each of n places would else copy n² of them. */
  #keepLongest(): void {
    if (this.#stack.length <= this.#longest.length) return;
    for (let i = this.#alike; i < this.#stack.length; i++) this.#longest[i] = this.#stack[i]!;
    this.#alike = this.#stack.length;
  }

  /** Operations that real time allows next after these: invoked before the first of the others completes. */
  #nextAfter(placed: ReadonlySet<number>): ModelOperation<I, O>[] {
    const left = this.#operations.filter((_, id) => !placed.has(id));
    const firstEnd = left.reduce((first, { completed }) => Math.min(first, completed), Infinity);
    return left.filter(({ invoked }) => invoked <= firstEnd);
  }
}

function inOrder<T extends { invoked: number }>(operations: readonly T[]): readonly T[] {
  const { length } = operations;
  const invoked = new Float64Array(length);
  for (let i = 0; i < length; i++) invoked[i] = operations[i]!.invoked;
  const ordered: T[] = [];
  for (const i of orderByTime(invoked, length)) ordered.push(operations[i]!);
  return ordered;
}
