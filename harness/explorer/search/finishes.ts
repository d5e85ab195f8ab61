import { overlappingAttempts } from '../../documents/faults.ts';
import type { Scope } from '../../documents/scope.ts';
import type { Space } from '../space/space.ts';
import { interval, NO_SPAN } from '../space/spans.ts';
import type { Fate, Finish } from './judge-end.ts';

/** What became of every operation that started, in this state. */
export function finishesOf(
  space: Space,
  locals: readonly number[],
  spanOf: (operation: number) => number,
): Finish[] {
  const finishes: Finish[] = [];
  for (const [slot, id] of locals.entries()) {
    const { phase, calls } = space.locals.values[id]!;
    for (const call of calls) {
      if (call.kind === 'other' || !call.begun) continue;
      const operation = space.operationHere(slot, call.operation);
      finishes.push({
        kind: call.kind,
        buyer: call.kind === 'restock' ? -1 : space.buyerHere(slot, call.buyer),
        operation,
        // A process that died owes nobody an answer, but may have sold; one that lives and cannot go on hangs.
        fate: call.outcome ?? (phase === 'live' ? 'hung' : 'unknown'),
        resent: call.resent,
        ...(call.late && { late: true }),
        ...(call.paid && { paid: true }),
        ...(call.uncertain && { uncertain: true }),
        ...interval(operation < space.layout.operations ? spanOf(operation) : NO_SPAN),
      });
    }
  }
  return finishes.toSorted((a, b) => a.operation - b.operation);
}

/**
 * Units that buyers were told they have and did not ask to give back, less what was put on sale meanwhile. A request
 * that was told so twice has its units once.
 */
export function netAcknowledged(space: Space, locals: readonly number[]): number {
  if (countsByBuyer(space)) return unitsByBuyer(space, locals);
  let units = 0;
  for (const local of locals) units += netOf(space, local);
  return units;
}

/** Whether what a slot was told and asked says too little by itself: a buyer may be told twice, or release elsewhere or twice. */
export const countsByBuyer = ({ scope, layout }: Space): boolean =>
  overlappingAttempts(scope.faults) > 0 || layout.till >= 0 || scope.releases > 1;

/** The same of one slot alone. */
export function netOf(space: Space, local: number): number {
  let units = 0;
  for (const { kind, buyer, outcome } of space.locals.values[local]!.calls) {
    // Buyers recorded under another's name ask for the same quantity.
    if (kind === 'purchase' && outcome === 'sold') units += space.scope.quantities[buyer]!;
    if (kind === 'release') units -= space.scope.quantities[buyer]!;
    if (kind === 'restock') units -= 1;
  }
  return units;
}

/** The same, where each buyer has their units once. */
function unitsByBuyer(space: Space, locals: readonly number[]): number {
  const asked = [...locals.entries()].flatMap(([slot, local]) =>
    space.locals.values[local]!.calls.map(({ kind, buyer, outcome }) => ({
      kind,
      buyer: buyer < 0 ? buyer : space.buyerHere(slot, buyer),
      outcome,
    })),
  );
  return keptUnits(space.scope, asked);
}

/** The same of the operations of a sale. */
export const acknowledgedUnits = (scope: Scope, finishes: readonly Finish[]): number =>
  keptUnits(
    scope,
    finishes.map(({ kind, buyer, fate: outcome }) => ({ kind, buyer, outcome })),
  );

/** Who confirms is told so by a confirm alone. */
function keptUnits(
  { quantities, confirms = 0 }: Scope,
  asked: readonly { kind: string; buyer: number; outcome: Fate | undefined }[],
): number {
  const buyersOf = (kind: string, outcome?: Fate): Set<number> =>
    new Set(
      asked.flatMap((one) =>
        one.kind === kind && (outcome === undefined || one.outcome === outcome) ? [one.buyer] : [],
      ),
    );
  const released = buyersOf('release');
  const told = confirms > 0 ? buyersOf('confirm', 'done') : buyersOf('purchase', 'sold');
  const restocks = asked.filter(({ kind }) => kind === 'restock').length;
  const kept = [...told].filter((buyer) => !released.has(buyer));
  return kept.reduce((units, buyer) => units + quantities[buyer]!, -restocks);
}
