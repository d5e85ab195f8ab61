import { systemClock } from '../ground/ambient.ts';
import { heapInUse } from '../ground/memory.ts';
import { LinearizationSearch, type Gauges } from './linearization-search.ts';
import type { LinearizabilityResult, Model, ModelOperation } from './model.ts';

// For users of `oversell/linearizability`.
export type { LinearizabilityResult, Model, ModelOperation };

export interface LinearizabilityOptions {
  /** Milliseconds for the whole check, Infinity for no limit; afterwards the verdict is `inconclusive`. */
  timeoutMs: number;
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
  operations: readonly ModelOperation<I, O>[],
  options: LinearizabilityOptions,
): LinearizabilityResult<I, O> {
  const clock = systemClock;
  const endNs = clock.monotonicNs() + options.timeoutMs * 1e6;
  operations.forEach(checkTimes);
  const parts = model.partition?.(operations) ?? [operations];
  const orders: (readonly ModelOperation<I, O>[])[] = [];
  // Searches are made when it is their turn and let go when they are done: together they share the memory.
  let open = parts.map((part, place): Part<S, I, O> => ({ place, part }));
  let bytes = 0;
  let outOfMemory: LinearizabilityResult<I, O> | undefined;
  for (let turnMs = FIRST_TURN_MS; open.length > 0; turnMs *= 2) {
    const left: typeof open = [];
    for (const { place, part, search = new LinearizationSearch(model, part, GAUGES) } of open) {
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
  part: readonly ModelOperation<I, O>[];
  search?: LinearizationSearch<S, I, O>;
}

const GAUGES: Gauges = { clock: systemClock, heapInUse };

const inconclusive = <S, I, O>(search: LinearizationSearch<S, I, O>): LinearizabilityResult<I, O> => ({
  verdict: 'inconclusive',
  ...search.evidence(),
});

function checkTimes({ invoked, completed }: ModelOperation<unknown, unknown>, i: number): void {
  if (invoked <= completed) return;
  throw new RangeError(`operation ${i} is invoked at ${invoked} and completed at ${completed}`);
}
