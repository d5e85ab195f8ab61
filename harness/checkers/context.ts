import type { OperationColumns } from '../history/columns.ts';
import type { Operation } from '../history/operation.ts';

/** Neighbours shown on each side. */
const AROUND = 2;

/**
 * An operation with those around it: the last that were invoked before it and the first after it, in the order of
 * invocation. With `user`, only that user's.
 */
export function contextOf(operations: OperationColumns, row: number, user?: number): Operation[] {
  const before: number[] = [];
  const after: number[] = [];
  const at = operations.invoked[row]!;
  const earlier = (a: number, b: number): number => operations.invoked[a]! - operations.invoked[b]! || a - b;
  for (let other = 0; other < operations.length; other++) {
    if (other === row || (user !== undefined && operations.user[other] !== user)) continue;
    const isBefore = operations.invoked[other]! < at || (operations.invoked[other] === at && other < row);
    const side = isBefore ? before : after;
    const full = side.length === AROUND;
    if (full && isBefore === earlier(other, side[isBefore ? 0 : AROUND - 1]!) < 0) continue;
    side.push(other);
    side.sort(earlier);
    if (!full) continue;
    if (isBefore) side.shift();
    else side.pop();
  }
  return [...before, row, ...after].toSorted(earlier).map((each) => operations.at(each));
}
