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
        ...(call.whilePaying && { whilePaying: true }),
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
  if (space.layout.till >= 0) return paidUnits(space, locals);
  let units = 0;
  for (const local of locals) units += netOf(space, local);
  return overlappingAttempts(space.scope.faults) > 0 ? units - toldAgain(space, locals) : units;
}

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

/** The same where only a confirm acknowledges. Buyers keep their names. */
const paidUnits = (space: Space, locals: readonly number[]): number =>
  paidOf(
    space.scope,
    locals.flatMap((local) => space.locals.values[local]!.calls),
  );

function paidOf(
  { quantities }: Scope,
  calls: readonly { kind: string; buyer: number; outcome?: Fate | undefined }[],
): number {
  const paid = new Set(
    calls.flatMap(({ kind, buyer, outcome }) => (kind === 'confirm' && outcome === 'done' ? [buyer] : [])),
  );
  for (const { kind, buyer } of calls) if (kind === 'release') paid.delete(buyer);
  const restocks = calls.filter(({ kind }) => kind === 'restock').length;
  return [...paid].reduce((units, buyer) => units + quantities[buyer]!, 0) - restocks;
}

/** Units of acknowledgements after a request's first, wherever it was served. With repeats, buyers keep their names. */
function toldAgain(space: Space, locals: readonly number[]): number {
  const told = locals.flatMap((local) =>
    space.locals.values[local]!.calls.flatMap(({ kind, buyer, outcome }) =>
      kind === 'purchase' && outcome === 'sold' ? [buyer] : [],
    ),
  );
  const again = told.filter((buyer, i) => told.indexOf(buyer) < i);
  return again.reduce((units, buyer) => units + space.scope.quantities[buyer]!, 0);
}

/** Units that buyers were told they have and did not ask to give back, less what was put on sale meanwhile. */
export function acknowledgedUnits(scope: Scope, finishes: readonly Finish[]): number {
  const { quantities, confirms = 0 } = scope;
  if (confirms > 0)
    return paidOf(
      scope,
      finishes.map(({ fate: outcome, ...call }) => ({ ...call, outcome })),
    );
  let units = 0;
  const told = new Set<number>();
  for (const { kind, buyer, fate } of finishes) {
    const quantity = buyer < 0 ? 1 : quantities[buyer]!;
    if (kind === 'purchase' && fate === 'sold' && !told.has(buyer)) units += quantity;
    if (kind === 'purchase' && fate === 'sold') told.add(buyer);
    if (kind !== 'purchase') units -= quantity;
  }
  return units;
}
