import { systemClock } from '../ambient.ts';

/** One operation of a history. */
export interface Operation<I, O> {
  process: number;
  input: I;
  output: O;
  /** Any unit of time, the same for all. Two operations are ordered only if one completed *before* the other was invoked. */
  invoked: number;
  /** Infinity: an open end. The operation may take effect at any time after its invocation, or never. */
  completed: number;
}

/** What the object does when nobody else is there. States are never changed in place. */
export interface Model<S, I, O> {
  init(): S;
  /** Whether the object may answer `output` to `input` in this state, and its state afterwards. */
  step(state: S, input: I, output: O): { ok: boolean; state: S };
  /** Whether two states are the same; by default Object.is, so give it when states are objects. */
  equal?(a: S, b: S): boolean;
  /** Equal states have equal hashes. By default the state itself if it is a number or a string, else 0. */
  hash?(state: S): number | string;
  /** Parts of a history that do not influence each other (keys of a map, say); each is checked alone. */
  partition?(operations: readonly Operation<I, O>[]): readonly (readonly Operation<I, O>[])[];
}

export interface LinearizabilityOptions {
  /** Milliseconds for the whole check, Infinity for no limit; afterwards the verdict is `inconclusive`. */
  timeoutMs: number;
}

export interface LinearizabilityResult<I, O> {
  /** `inconclusive`: the time was up. It says nothing about the history. */
  verdict: 'holds' | 'violated' | 'inconclusive';
  /**
   * The longest sequence found that the model accepts and that respects real time. It is an explanation of the
   * whole history when that holds (part after part), else it is of the part that was violated or cut off.
   */
  longestPrefix: readonly Operation<I, O>[];
  /** The operations that real time allows next after that prefix, none of which leads on. Empty when it holds. */
  unplaced: readonly Operation<I, O>[];
}

/**
 * Is there one order of the operations that the model accepts and that respects real time?
 *
 * Wing & Gong's search (Testing and verifying concurrent objects, JPDC 1993): place any operation that was invoked
 * before the first completion among those not yet placed, and go back when none is left to try. With Lowe's
 * memoisation (Testing for linearizability, CCPE 2017): a set of placed operations together with the state that
 * they led to is entered only once. Operations with an open end need not be placed.
 *
 * @throws RangeError if an operation completes before it was invoked, or a time is not a number
 */
export function checkLinearizable<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  options: LinearizabilityOptions,
): LinearizabilityResult<I, O> {
  const deadline = new Deadline(options.timeoutMs);
  const order: Operation<I, O>[] = [];
  for (const part of model.partition?.(operations) ?? [operations]) {
    const result = checkPart(model, part, deadline);
    if (result.verdict !== 'holds') return result;
    for (const operation of result.longestPrefix) order.push(operation);
  }
  return { verdict: 'holds', longestPrefix: order, unplaced: [] };
}

/** An invocation or a completion, in a doubly linked list that is ordered by time. */
interface Event {
  id: number;
  /** The completion of an invocation, undefined when its end is open; null marks a completion itself. */
  completion: Event | null | undefined;
  previous: Event | undefined;
  next: Event | undefined;
}

function checkPart<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  deadline: Deadline,
): LinearizabilityResult<I, O> {
  const head = timeline(operations);
  const visited = new Visited(model);
  const placed = new Bits(operations.length);
  const stack: { event: Event; state: S }[] = [];
  let state = model.init();
  let open = operations.reduce((count, operation) => count + (operation.completed === Infinity ? 0 : 1), 0);
  let longest: number[] | undefined;
  let nextToTry: number[] = [];

  const keepLongest = (): void => {
    if (longest !== undefined && stack.length <= longest.length) return;
    longest = stack.map((entry) => entry.event.id);
    nextToTry = candidates(head);
  };
  const report = (verdict: 'holds' | 'violated' | 'inconclusive'): LinearizabilityResult<I, O> => ({
    verdict,
    longestPrefix: (longest ?? []).map((id) => operations[id]!),
    unplaced: nextToTry.map((id) => operations[id]!),
  });

  let event = head.next;
  while (open > 0) {
    if (deadline.passed()) {
      keepLongest();
      return report('inconclusive');
    }
    // The list has a completion left, and no invocation beyond the first one may be placed before it.
    const current: Event = event!;
    if (current.completion === null) {
      keepLongest();
      const last = stack.pop();
      if (last === undefined) return report('violated');
      putBack(last.event);
      placed.remove(last.event.id);
      if (last.event.completion) open++;
      state = last.state;
      event = last.event.next;
      continue;
    }
    const { input, output } = operations[current.id]!;
    const next = model.step(state, input, output);
    if (next.ok) {
      placed.add(current.id);
      if (visited.add(placed, next.state)) {
        stack.push({ event: current, state });
        state = next.state;
        takeOut(current);
        if (current.completion) open--;
        event = head.next;
        continue;
      }
      placed.remove(current.id);
    }
    event = current.next;
  }
  longest = stack.map((entry) => entry.event.id);
  nextToTry = [];
  return report('holds');
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

/** A set of small integers. Its hash changes with each member, so that it need not be computed afresh. */
class Bits {
  readonly words: Int32Array;
  hash = 0;

  constructor(size: number) {
    this.words = new Int32Array((size + 31) >>> 5);
  }

  add(id: number): void {
    this.words[id >>> 5]! |= 1 << (id & 31);
    this.hash ^= scramble(id);
  }

  remove(id: number): void {
    this.words[id >>> 5]! &= ~(1 << (id & 31));
    this.hash ^= scramble(id);
  }

  /**
   * The words that differ from "all before are members, none after is", behind the number of those before. Most
   * of a long history is such a prefix, so an entry of the table stays short.
   */
  window(): Int32Array {
    let from = 0;
    while (from < this.words.length && this.words[from] === -1) from++;
    let to = this.words.length;
    while (to > from && this.words[to - 1] === 0) to--;
    const window = new Int32Array(to - from + 1);
    window[0] = from;
    for (let i = from; i < to; i++) window[i - from + 1] = this.words[i]!;
    return window;
  }
}

/** The finalizer of MurmurHash3: each id gets its own well mixed word. */
function scramble(id: number): number {
  let word = id + 0x9e3779b9;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}

/** The configurations entered so far. Hashes only find the bucket: members and states are compared in full. */
class Visited<S> {
  readonly #equal: (a: S, b: S) => boolean;
  readonly #hash: (state: S) => number | string;
  readonly #buckets = new Map<number, { window: Int32Array; state: S }[]>();

  constructor(model: Pick<Model<S, never, never>, 'equal' | 'hash'>) {
    this.#equal = model.equal?.bind(model) ?? Object.is;
    this.#hash = model.hash?.bind(model) ?? hashOfPrimitive;
  }

  /** @returns whether the configuration is new */
  add(placed: Bits, state: S): boolean {
    const key = placed.hash ^ hashWord(this.#hash(state));
    const window = placed.window();
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      this.#buckets.set(key, [{ window, state }]);
      return true;
    }
    for (const entry of bucket) {
      if (sameWords(entry.window, window) && this.#equal(entry.state, state)) return false;
    }
    bucket.push({ window, state });
    return true;
  }
}

function hashOfPrimitive(state: unknown): number | string {
  return typeof state === 'number' || typeof state === 'string' ? state : 0;
}

function hashWord(hash: number | string): number {
  if (typeof hash === 'number') return Number.isSafeInteger(hash) ? scramble(hash | 0) : 0;
  let word = 0x811c9dc5;
  for (let i = 0; i < hash.length; i++) word = Math.imul(word ^ hash.charCodeAt(i), 0x01000193);
  return word;
}

function sameWords(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Reads the clock seldom enough not to cost anything and often enough to notice the end in time, whatever one
 * step of the model takes.
 */
class Deadline {
  readonly #limitNs: number;
  readonly #startNs = systemClock.monotonicNs();
  #lastNs = this.#startNs;
  #stride = 1;
  #left = 1;

  constructor(timeoutMs: number) {
    this.#limitNs = timeoutMs * 1e6;
  }

  passed(): boolean {
    if (--this.#left > 0) return false;
    const now = systemClock.monotonicNs();
    const share = (now - this.#lastNs) / this.#limitNs;
    if (share < 0.001) this.#stride = Math.min(this.#stride * 2, 1024);
    else if (share > 0.01) this.#stride = Math.max(this.#stride >>> 2, 1);
    this.#lastNs = now;
    this.#left = this.#stride;
    return now - this.#startNs >= this.#limitNs;
  }
}
