import type { Outcome } from '../documents/vocabulary.ts';
import type { Sale } from '../../strategies/contract.ts';
import type { Operation } from '../history/operation.ts';
import { checkLinearizable } from './linearizability.ts';
import type { ModelOperation as Timed } from './model.ts';
import { saleModel, type SaleInput } from './sale-model.ts';

/** What the question needs to know of an operation; any unit of time. */
export type OrderedOperation = Pick<
  Operation,
  'request' | 'user' | 'op' | 'quantity' | 'invoked' | 'completed' | 'outcome'
>;

/**
 * The refusals, and the answers `already-yours`, that no order of the model's operations explains; empty when one order
 * explains them all. For a few operations (the explorer's): the search is exact and, at worst, exponential.
 *
 * A `sold-out` is explained where, at its place, fewer units are available than it asks for; a `limit-reached`
 * where the user's units and the quantity exceed the limit; a request that holds units is never rightly refused.
 * An `already-yours` is explained where its user holds units.
 * A sale is always let through, and `available` may fall below zero, so that an oversold unit is reported as that,
 * and not once more as a refusal that it spoilt. What is unknown may take effect at any time after its invocation,
 * also long after its completion, or never; attempts of one request sell it once.
 *
 * When no order explains all of them, they are taken in the order of their completion: each is kept if some
 * order explains it together with those kept before, else it is returned, and no longer constrains the rest.
 *
 * @param reserving of a strategy that says so, purchases that were neither sold nor refused: each may have held its units for
 * a moment
 */
export function falseRefusals<T extends OrderedOperation>(
  sale: Sale,
  operations: readonly T[],
  reserving: readonly OrderedOperation[] = [],
): T[] {
  const kept = operations.filter(({ outcome }) => hasEffect(outcome)).map(timed);
  const moments = momentsIn(operations, reserving);
  const explained = (history: Timed<SaleInput, Outcome>[]): boolean =>
    moments.some((held) => {
      // Nothing is sold that is held for a moment: where units are let through, they were not held.
      const model = saleModel(sale, { letThrough: held.length === 0 });
      return (
        checkLinearizable(model, [...history, ...held.flat()], { timeoutMs: Infinity }).verdict === 'holds'
      );
    });

  const refusals = operations.filter(({ outcome }) => isRefusal(outcome));
  if (refusals.length === 0 || explained([...kept, ...refusals.map(timed)])) return [];
  const unexplained: T[] = [];
  for (const refusal of refusals.toSorted((a, b) => a.completed - b.completed)) {
    kept.push(timed(refusal));
    if (explained(kept)) continue;
    kept.pop();
    unexplained.push(refusal);
  }
  return unexplained;
}

export const isRefusal = (outcome: Outcome): boolean =>
  outcome === 'sold-out' || outcome === 'limit-reached' || outcome === 'already-yours';

/** Every choice of those that may have held their units for a moment, none of them first. */
function momentsIn(
  operations: readonly OrderedOperation[],
  reserving: readonly OrderedOperation[],
): Timed<SaleInput, Outcome>[][][] {
  // Who is told that they hold units holds them for good: a moment is no reason to say so.
  const claimants = new Set(
    operations.flatMap(({ outcome, user }) => (outcome === 'already-yours' ? [user] : [])),
  );
  const moments = reserving.map((purchase, i) => {
    const request = `a moment ${i}`;
    return momentOf({ ...purchase, request, user: claimants.has(purchase.user) ? request : purchase.user });
  });
  return moments.reduce<Timed<SaleInput, Outcome>[][][]>(
    (all, moment) => [...all, ...all.map((some) => [...some, moment])],
    [[]],
  );
}

/**
 * A purchase that takes its units and gives them back before it is over, under a name that nobody else asks for. Both have to
 * be placed, and either only where it has an effect: so the units are there when it takes them, and come back after that.
 */
function momentOf({ outcome, completed, ...purchase }: OrderedOperation): Timed<SaleInput, Outcome>[] {
  const { request, user, quantity, invoked } = purchase;
  const input = { request, user, quantity };
  return (['purchase', 'release'] as const).map((op) => ({
    process: 0,
    input: { ...input, op },
    output: 'unknown',
    invoked,
    // Nobody knows when that is over.
    completed: outcome === 'unknown' ? Number.MAX_SAFE_INTEGER : completed,
  }));
}

const hasEffect = (outcome: Outcome): boolean =>
  outcome === 'sold' || outcome === 'done' || outcome === 'unknown';

/** What may become of units that a purchase took and nobody pays: a release that may take effect at any time, or never. */
export const lapseOf = (purchase: OrderedOperation): OrderedOperation => ({
  ...purchase,
  op: 'release',
  outcome: 'unknown',
});

/** For the linearizability checker: an unknown outcome is an open end. */
export function timed(operation: OrderedOperation): Timed<SaleInput, Outcome> {
  const { request, user, op, quantity, invoked, completed, outcome } = operation;
  return {
    process: 0,
    input: { op: op === 'confirm' ? 'purchase' : op, request, user, quantity },
    output: op === 'confirm' && outcome === 'done' ? 'sold' : outcome,
    invoked,
    completed: outcome === 'unknown' ? Infinity : completed,
  };
}
