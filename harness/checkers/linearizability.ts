import { heapInUse, systemClock } from '../ground/ambient.ts';
import { Search, type Gauges } from './linearization-search.ts';

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
  /** `inconclusive`: the time or the memory was used up. It says nothing about the history. */
  verdict: 'holds' | 'violated' | 'inconclusive';
  /**
   * The longest sequence found that the model accepts and that respects real time. It is an explanation of the
   * whole history when that holds (part after part), else it is of the part that was violated or cut off.
   */
  longestPrefix: readonly Operation<I, O>[];
  /** The operations that real time allows next after that prefix, none of which leads on. Empty when it holds. */
  unplaced: readonly Operation<I, O>[];
}

/** A part that is harder than this waits until the others had their turn. */
const FIRST_TURN_MS = 20;
/** Configurations that the searches remember together, besides their states. */
const MOST_BYTES = 1 << 30;

/**
 * Is there one order of the operations that the model accepts and that respects real time?
 *
 * Wing & Gong's search (Testing and verifying concurrent objects, JPDC 1993): place any operation that was invoked
 * before the first completion among those not yet placed, and go back when none is left to try. With Lowe's
 * memoisation (Testing for linearizability, CCPE 2017): a set of placed operations together with the state that
 * they led to is entered only once. Operations with an open end need not be placed.
 *
 * Parts are checked one by one, in turns that double, so that one hard part does not hide a violation in another.
 *
 * @throws RangeError if an operation completes before it was invoked, or a time is not a number
 */
export function checkLinearizable<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  options: LinearizabilityOptions,
): LinearizabilityResult<I, O> {
  const clock = systemClock;
  const endNs = clock.monotonicNs() + options.timeoutMs * 1e6;
  operations.forEach(checkTimes);
  const parts = model.partition?.(operations) ?? [operations];
  const orders: (readonly Operation<I, O>[])[] = [];
  // Searches are made when it is their turn and let go when they are done: together they share the memory.
  let open = parts.map((part, place): Part<S, I, O> => ({ place, part }));
  let bytes = 0;
  let outOfMemory: LinearizabilityResult<I, O> | undefined;
  for (let turnMs = FIRST_TURN_MS; open.length > 0; turnMs *= 2) {
    const left: typeof open = [];
    for (const { place, part, search = new Search(model, part, GAUGES) } of open) {
      bytes -= search.bytes;
      search.run(Math.min(endNs, clock.monotonicNs() + turnMs * 1e6), MOST_BYTES - bytes);
      if (search.verdict === 'violated') return { verdict: 'violated', ...search.evidence() };
      if (search.verdict === 'holds') orders[place] = search.evidence().longestPrefix;
      else if (search.verdict === 'inconclusive') outOfMemory ??= inconclusive(search);
      else if (clock.monotonicNs() >= endNs) return inconclusive(search);
      else {
        bytes += search.bytes;
        left.push({ place, part, search });
      }
    }
    open = left;
  }
  return outOfMemory ?? { verdict: 'holds', longestPrefix: orders.flat(), unplaced: [] };
}

/** What is not decided yet. */
interface Part<S, I, O> {
  /** Among the parts. */
  place: number;
  part: readonly Operation<I, O>[];
  search?: Search<S, I, O>;
}

const GAUGES: Gauges = { clock: systemClock, heapInUse };

const inconclusive = <S, I, O>(search: Search<S, I, O>): LinearizabilityResult<I, O> => ({
  verdict: 'inconclusive',
  ...search.evidence(),
});

function checkTimes({ invoked, completed }: Operation<unknown, unknown>, i: number): void {
  if (invoked <= completed) return;
  throw new RangeError(`operation ${i} is invoked at ${invoked} and completed at ${completed}`);
}
