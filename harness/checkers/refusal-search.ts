import type { Sale } from '../../strategies/contract.ts';
import type { OperationColumns } from '../history/columns.ts';
import type { Outcome } from '../documents/vocabulary.ts';
import type { PropertyVerdict } from './checker.ts';
import { lapseOf, timed } from './false-refusals.ts';
import { checkLinearizable } from './linearizability.ts';
import type { ModelOperation } from './model.ts';
import { orderByTime } from './order.ts';
import { undecidedRefusals, unplacedOperations } from './refusal-evidence.ts';
import {
  DONE,
  had,
  isRefusal,
  LIMIT_REACHED,
  PURCHASE,
  RELEASE,
  RESTOCK,
  SOLD,
  SOLD_OUT,
  UNKNOWN,
  type Requests,
} from './requests.ts';
import { saleModel, type Holding, type SaleInput, type SaleState } from './sale-model.ts';

/** Operations that the general search is given at most: beyond that its memory, not its time, is what runs out. */
const SEARCHABLE = 50_000;

interface RefusalSearch {
  sale: Sale;
  operations: OperationColumns;
  requests: Requests;
  /** Rows of the refusals that are in doubt. */
  undecided: readonly number[];
  timeoutMs: number;
}

const NOT_DONE = 'was not done in';

/** Whether a longer search could decide it. */
export const wasCutShort = ({ evidence }: PropertyVerdict): boolean =>
  evidence.some(({ message }) => message.includes(NOT_DONE));

/**
 * Decides `false-refusal` by the general search, on the part of the history that needs it: from the last moment at
 * which nothing was in flight and everything before was certain, to the last refusal.
 */
export function searchRefusals({
  sale,
  operations,
  requests,
  undecided,
  timeoutMs,
}: RefusalSearch): PropertyVerdict {
  const { before, rows } = uncertainPart(operations, requests);
  const part = `${rows.length} of ${operations.length} operations, from ${operations.invoked[rows[0]!]} ns on`;
  if (rows.length > SEARCHABLE) {
    return undecidedRefusals(operations, undecided, `the ${part}, are too many for the general search`);
  }
  const { confirmed } = requests;
  const history = inputs({ sale, confirmed }, operations, rows);
  if (confirmed) history.push(...lapses(operations, rows));
  const from = stateAfter(sale, operations, requests, { before, rows });
  const model = saleModel(sale, { letThrough: true, from });
  const result = checkLinearizable(model, history, { timeoutMs });
  const note = `decided by the general search over ${part}`;
  if (result.verdict === 'holds') return { verdict: 'holds', evidence: [], note };
  if (result.verdict === 'inconclusive') {
    return undecidedRefusals(
      operations,
      undecided,
      `the general search over ${part}, ${NOT_DONE} ${timeoutMs} ms`,
    );
  }
  const left = result.unplaced.flatMap((operation) => rows[history.indexOf(operation)] ?? []);
  return unplacedOperations(operations, left, note);
}

/** Rows in the order of invocation. */
interface Part {
  /** They are all over, and their effect is certain. */
  before: number[];
  /** What the search is about. */
  rows: number[];
}

function uncertainPart(operations: OperationColumns, requests: Requests): Part {
  const order = [...orderByTime(operations.invoked, operations.length)];
  let cut = 0;
  let busyUntil = -Infinity;
  for (const [place, row] of order.entries()) {
    if (operations.invoked[row]! > busyUntil) cut = place;
    if (isUncertain(operations, requests, row)) break;
    busyUntil = Math.max(busyUntil, operations.completed[row]!);
  }
  let lastRefusal = -Infinity;
  for (const row of order) {
    if (isRefusal(operations, row)) lastRefusal = Math.max(lastRefusal, operations.completed[row]!);
  }
  const matters = (row: number): boolean =>
    operations.invoked[row]! <= lastRefusal && hasPlace(operations, requests, row);
  return { before: order.slice(0, cut), rows: order.slice(cut).filter(matters) };
}

/** Its effect is unknown, it may lapse, or its request was released in an order, or with a refusal, that leaves a doubt. */
function isUncertain(operations: OperationColumns, requests: Requests, row: number): boolean {
  if (operations.outcome[row] === UNKNOWN) return true;
  const r = requests.ofOperation[row]!;
  if (requests.confirmed) return true;
  if (r < 0 || requests.releases[r] === 0) return false;
  const refused = had(requests.outcomes[r]!, SOLD_OUT) || had(requests.outcomes[r]!, LIMIT_REACHED);
  return refused || requests.settledAt[r]! >= requests.releasedAt[r]!;
}

/** Whether it can change or must see the stock. */
function hasPlace(operations: OperationColumns, requests: Requests, row: number): boolean {
  if (operations.op[row] !== RESTOCK && requests.ofOperation[row]! < 0) return false;
  const outcome = operations.outcome[row];
  return outcome === SOLD || outcome === DONE || outcome === UNKNOWN || isRefusal(operations, row);
}

/** The state in which the part begins. Of what is held it knows only what the part asks for. */
function stateAfter(sale: Sale, operations: OperationColumns, requests: Requests, part: Part): SaleState {
  const { name, user, quantity, ofOperation } = requests;
  let available = sale.stock;
  const held = new Set<number>();
  for (const row of part.before) {
    const r = ofOperation[row]!;
    const done = operations.outcome[row] === DONE;
    if (operations.op[row] === RESTOCK && done) available += operations.quantity[row]!;
    if (operations.outcome[row] === SOLD) held.add(r);
    if (operations.op[row] === RELEASE && done) held.delete(r);
  }
  const asked = new Set(part.rows.flatMap((row) => [operations.request[row]!, operations.user[row]!]));
  const holdings = new Map<string, Holding>();
  const heldBy = new Map<string, number>();
  for (const r of held) {
    available -= quantity[r]!;
    const limited = sale.perUserLimit !== undefined && asked.has(user[r]!);
    if (!limited && !asked.has(name[r]!)) continue;
    const holder = operations.strings.text(user[r]!);
    holdings.set(operations.strings.text(name[r]!), { user: holder, quantity: quantity[r]! });
    if (limited) heldBy.set(holder, (heldBy.get(holder) ?? 0) + quantity[r]!);
  }
  return { available, holdings, heldBy };
}

/** The operations as the model takes them, with a mark on those that nothing else refers to. */
function inputs(
  { sale, confirmed }: { sale: Sale; confirmed: boolean },
  operations: OperationColumns,
  rows: readonly number[],
): ModelOperation<SaleInput, Outcome>[] {
  const uses = new Map<number, number>();
  const use = (name: number): number => uses.set(name, (uses.get(name) ?? 0) + 1).get(name)!;
  for (const row of rows) {
    use(operations.request[row]!);
    if (sale.perUserLimit !== undefined) use(operations.user[row]!);
  }
  return rows.map((row) => {
    const operation = timed(operations.at(row));
    const names =
      sale.perUserLimit === undefined ? [operations.request] : [operations.request, operations.user];
    const alone = !confirmed && names.every((name) => uses.get(name[row]!) === 1);
    return { ...operation, input: { ...operation.input, alone } };
  });
}

/** In a run the clock goes on all the time: what an attempt took may lapse as soon as it has it. */
const lapses = (
  operations: OperationColumns,
  rows: readonly number[],
): ModelOperation<SaleInput, Outcome>[] =>
  rows
    .filter((row) => operations.op[row] === PURCHASE && !isRefusal(operations, row))
    .map((row) => timed(lapseOf(operations.at(row))));
