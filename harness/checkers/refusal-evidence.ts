import type { OperationColumns } from '../history/columns.ts';
import type { Evidence, PropertyVerdict } from './checker.ts';
import { contextOf } from './context.ts';

/** Refusals that are named, each with the operations around it. */
const NAMED = 5;
/** Operations shown where they only make sense together. */
const SHOWN = 6;

/** Refusals that no order explains, each for itself. */
export function impossibleRefusals(operations: OperationColumns, rows: readonly number[]): PropertyVerdict {
  const evidence = rows.slice(0, NAMED).map((row, i): Evidence => {
    const { request, quantity, outcome } = operations.at(row);
    const count = rows.length > 1 ? ` (${i + 1} of ${rows.length} such refusals)` : '';
    return {
      property: 'false-refusal',
      message: `${request} asked for ${quantity} and was told ${outcome}, and no order of the operations explains that${count}`,
      requests: [request],
      operations: contextOf(operations, row),
    };
  });
  return { verdict: 'violated', evidence };
}

/** Operations that cannot follow, one or another, where the general search came furthest. */
export function unplacedOperations(
  operations: OperationColumns,
  rows: readonly number[],
  note: string,
): PropertyVerdict {
  const evidence = [together(operations, rows, `${note}: no order explains them all`)];
  return { verdict: 'violated', evidence, note };
}

/** Refusals of which nobody could say whether some order explains them all. */
export function undecidedRefusals(
  operations: OperationColumns,
  rows: readonly number[],
  why: string,
): PropertyVerdict {
  const message = `${rows.length === 1 ? 'a refusal is' : `${rows.length} refusals are`} in doubt, and ${why}`;
  return { verdict: 'inconclusive', evidence: [together(operations, rows, message)] };
}

function together(operations: OperationColumns, rows: readonly number[], message: string): Evidence {
  const shown = rows.slice(0, SHOWN).map((row) => operations.at(row));
  return {
    property: 'false-refusal',
    message,
    requests: shown.map(({ request }) => request),
    operations: rows.length === 1 ? contextOf(operations, rows[0]!) : shown,
  };
}
