import type { RecordedSale } from '../../strategies/contract.ts';
import type { OperationColumns } from '../history/columns.ts';
import type { Evidence } from './checker.ts';
import { contextOf } from './context.ts';
import {
  ALREADY_YOURS,
  CONFIRM,
  DONE,
  GAVE_UP,
  had,
  PURCHASE,
  REJECTED,
  RELEASE,
  SOLD,
  UNKNOWN,
  type Requests,
} from './requests.ts';

/** Of many alike, so many are named. */
const NAMED = 5;

/*
 * What buyers are told of units that they have, or had, in a history of any length: each answer for itself, by the
 * least that every order of the operations allows. An answer that is excused by one order is not judged together
 * with others, as the explorer's is.
 */

/** Who was told `already-yours` at a time at which no request of the user can have held anything. */
export function deceivedClaims(
  operations: OperationColumns,
  requests: Requests,
  recorded: Iterable<RecordedSale>,
): Evidence[] {
  const claims = rowsOf(operations, (row) => operations.outcome[row] === ALREADY_YOURS);
  if (claims.length === 0) return [];
  const took = usersBeyondSales(operations, requests, recorded);
  const holding = holdingByUser(operations, requests, new Set(claims.map((row) => operations.user[row]!)));
  const deceived = claims.filter((row) => {
    // The client may have sent it again, and what the first sending took stands in the ledger.
    if (took.has(operations.at(row).user)) return false;
    const held = holding.get(operations.user[row]!) ?? [];
    const [invoked, completed] = [operations.invoked[row]!, operations.completed[row]!];
    return !held.some(({ from, to }) => from <= completed && to >= invoked);
  });
  return deceived.slice(0, NAMED).map((row) => ({
    property: 'lost-sale',
    message: `${operations.at(row).request} was told already-yours when its user can have held nothing${countOf(deceived)}`,
    requests: [operations.at(row).request],
    operations: contextOf(operations, row, operations.user[row]),
  }));
}

/** Confirms that were rejected as too late, when an earlier one had been acknowledged and nothing was given back. */
export function refusedThoughPaid(operations: OperationColumns, requests: Requests): Evidence[] {
  const refused = rowsOf(operations, (row) => {
    const r = requests.ofOperation[row]!;
    if (operations.op[row] !== CONFIRM || operations.outcome[row] !== REJECTED || r < 0) return false;
    const paidBefore = requests.acknowledgedAt[r]! < operations.invoked[row]!;
    return requests.confirmed && paidBefore && requests.releasedAt[r]! > operations.completed[row]!;
  });
  return refused.slice(0, NAMED).map((row) => ({
    property: 'false-refusal',
    message: `a confirm of ${operations.at(row).request} was rejected as too late, and an earlier one had been acknowledged${countOf(refused)}`,
    requests: [operations.at(row).request],
    operations: contextOf(operations, row, operations.user[row]),
  }));
}

/** Purchases that surely had no effect, as their buyers heard, when the request had been sold and nothing was given back. */
export function refusedThoughSold(operations: OperationColumns, requests: Requests): Evidence[] {
  const refused = rowsOf(operations, (row) => {
    const outcome = operations.outcome[row];
    if (operations.op[row] !== PURCHASE || (outcome !== GAVE_UP && outcome !== REJECTED)) return false;
    const r = requests.ofOperation[row]!;
    if (requests.confirmed || had(requests.outcomes[r]!, UNKNOWN)) return false;
    const soldBefore = requests.acknowledgedAt[r]! < operations.invoked[row]!;
    return soldBefore && requests.releasedAt[r]! > operations.completed[row]!;
  });
  return refused.slice(0, NAMED).map((row) => ({
    property: 'false-refusal',
    message: `${operations.at(row).request} had been sold, and was told ${operations.at(row).outcome} when it asked again${countOf(refused)}`,
    requests: [operations.at(row).request],
    operations: contextOf(operations, row, operations.user[row]),
  }));
}

const countOf = ({ length }: readonly number[]): string =>
  length > 1 ? ` (one of ${length} such answers)` : '';

const rowsOf = ({ length }: OperationColumns, holds: (row: number) => boolean): number[] => {
  const rows: number[] = [];
  for (let row = 0; row < length; row++) if (holds(row)) rows.push(row);
  return rows;
};

/** Users who have more in the ledger than they were told that they bought. */
function usersBeyondSales(
  operations: OperationColumns,
  requests: Requests,
  recorded: Iterable<RecordedSale>,
): Set<string> {
  const units = new Map<string, number>();
  for (const { userId, quantity } of recorded) units.set(userId, (units.get(userId) ?? 0) + quantity);
  if (units.size === 0) return new Set();
  for (let r = 0; r < requests.count; r++) {
    if (!had(requests.outcomes[r]!, SOLD)) continue;
    const user = operations.strings.text(requests.user[r]!);
    units.set(user, (units.get(user) ?? 0) - requests.quantity[r]!);
  }
  return new Set([...units].flatMap(([user, left]) => (left > 0 ? [user] : [])));
}

interface Span {
  from: number;
  to: number;
}

/** When each request of these users may have held units, at the most: from its first invocation to its sure release. */
function holdingByUser(
  operations: OperationColumns,
  requests: Requests,
  users: ReadonlySet<number>,
): Map<number, Span[]> {
  const spans = new Map<number, Span>();
  for (let row = 0; row < operations.length; row++) {
    const r = requests.ofOperation[row]!;
    if (r < 0 || !users.has(requests.user[r]!)) continue;
    const outcomes = requests.outcomes[r]! | requests.confirms[r]!;
    if (!had(outcomes, SOLD) && !had(outcomes, UNKNOWN) && !had(outcomes, DONE)) continue;
    const span = spans.get(r) ?? { from: Infinity, to: Infinity };
    spans.set(r, span);
    if (operations.op[row] === PURCHASE) span.from = Math.min(span.from, operations.invoked[row]!);
    const wasOver = requests.settledAt[r]! < operations.invoked[row]!;
    if (operations.op[row] === RELEASE && operations.outcome[row] === DONE && wasOver)
      span.to = Math.min(span.to, operations.completed[row]!);
  }
  const byUser = new Map<number, Span[]>();
  for (const [r, span] of spans) {
    const own = byUser.get(requests.user[r]!);
    if (own) own.push(span);
    else byUser.set(requests.user[r]!, [span]);
  }
  return byUser;
}
