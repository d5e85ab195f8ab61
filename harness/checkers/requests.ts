import type { RecordedSale } from '../../strategies/contract.ts';
import { UsageError } from '../ground/errors.ts';
import { opCode, outcomeCode, type OperationColumns } from '../history/columns.ts';
import { LedgerColumns } from '../history/ledger.ts';
import { OUTCOMES, type Outcome } from '../documents/vocabulary.ts';
import type { StringTable } from '../history/string-table.ts';
import { outcomeOfAttempts, type Joined, type LedgerEntry, type RequestFacts } from './facts.ts';

export const PURCHASE = opCode('purchase');
export const RELEASE = opCode('release');
export const RESTOCK = opCode('restock');
export const SOLD = outcomeCode('sold');
export const SOLD_OUT = outcomeCode('sold-out');
export const LIMIT_REACHED = outcomeCode('limit-reached');
export const DONE = outcomeCode('done');
export const UNKNOWN = outcomeCode('unknown');

/**
 * A history's purchases, all attempts of one request together, in columns: request `r` is the r-th that the history
 * names. Times as in the history; Infinity where there is none.
 */
export interface Requests {
  count: number;
  /** Request of each operation, −1 for a restock and for a release of what was never asked for. */
  ofOperation: Int32Array;
  /** Ids in the store's table of strings. */
  name: Int32Array;
  user: Int32Array;
  quantity: Float64Array;
  attempts: Uint32Array;
  /** Outcomes that its attempts had, as bits by outcome code. */
  outcomes: Uint8Array;
  /** Outcome code of the attempt that was invoked last. */
  last: Uint8Array;
  /** The first acknowledgement. */
  soldAt: Float64Array;
  /** When the last attempt that may have sold it was over; Infinity while one is unknown. */
  settledAt: Float64Array;
  /** The first invocation of a release that may have had an effect. */
  releasedAt: Float64Array;
  /** Outcomes of its releases, as bits by outcome code. */
  releases: Uint8Array;
}

export const isRefusal = ({ outcome }: Pick<OperationColumns, 'outcome'>, row: number): boolean =>
  outcome[row] === SOLD_OUT || outcome[row] === LIMIT_REACHED;

const bit = (outcome: number): number => 1 << outcome;
export const had = (outcomes: number, outcome: number): boolean => (outcomes & bit(outcome)) !== 0;

/**
 * @throws UsageError where the history contradicts itself: an operation that ends before it begins, attempts of one
 * request that differ in user or quantity, a release of another quantity than was bought
 */
export function foldRequests(operations: OperationColumns): Requests {
  const requests = nameRequests(operations);
  const lastInvoked = new Float64Array(requests.count).fill(-1);
  const nobody = operations.strings.intern('');
  for (let row = 0; row < operations.length; row++) {
    const invoked = operations.invoked[row]!;
    if (!(invoked >= 0 && invoked <= operations.completed[row]!)) {
      throw contradiction(operations, row, 'it must end after it begins, and not begin before the run');
    }
    const r = requests.ofOperation[row]!;
    if (r < 0) continue;
    if (operations.quantity[row] !== requests.quantity[r]) {
      throw contradiction(operations, row, `this request is for ${requests.quantity[r]} units elsewhere`);
    }
    const isRelease = operations.op[row] === RELEASE;
    const user = operations.user[row]!;
    if (user !== requests.user[r] && !(isRelease && user === nobody)) {
      throw contradiction(operations, row, 'this request is of another user elsewhere');
    }
    if (isRelease) {
      addRelease(requests, r, operations.outcome[row]!, invoked);
      continue;
    }
    addAttempt(requests, r, operations.outcome[row]!, operations.completed[row]!);
    if (invoked >= lastInvoked[r]!) {
      lastInvoked[r] = invoked;
      requests.last[r] = operations.outcome[row]!;
    }
  }
  return requests;
}

/** Numbers the requests in the order in which the history first asks for them. */
function nameRequests({ length, op, request, user, quantity, strings }: OperationColumns): Requests {
  const numbers = new Int32Array(strings.size).fill(-1);
  let count = 0;
  for (let row = 0; row < length; row++) {
    if (op[row] === PURCHASE && numbers[request[row]!] === -1) numbers[request[row]!] = count++;
  }
  const requests: Requests = {
    count,
    ofOperation: new Int32Array(length).fill(-1),
    name: new Int32Array(count),
    user: new Int32Array(count),
    quantity: new Float64Array(count),
    attempts: new Uint32Array(count),
    outcomes: new Uint8Array(count),
    last: new Uint8Array(count),
    soldAt: new Float64Array(count).fill(Infinity),
    settledAt: new Float64Array(count).fill(-Infinity),
    releasedAt: new Float64Array(count).fill(Infinity),
    releases: new Uint8Array(count),
  };
  for (let row = 0; row < length; row++) {
    if (op[row] === RESTOCK) continue;
    const r = numbers[request[row]!]!;
    requests.ofOperation[row] = r;
    if (op[row] !== PURCHASE) continue;
    if (requests.attempts[r]!++ > 0) continue;
    requests.name[r] = request[row]!;
    requests.user[r] = user[row]!;
    requests.quantity[r] = quantity[row]!;
  }
  return requests;
}

function addRelease(requests: Requests, r: number, outcome: number, invoked: number): void {
  if (outcome !== DONE && outcome !== UNKNOWN) return;
  requests.releases[r]! |= bit(outcome);
  requests.releasedAt[r] = Math.min(requests.releasedAt[r]!, invoked);
}

function addAttempt(requests: Requests, r: number, outcome: number, completed: number): void {
  requests.outcomes[r]! |= bit(outcome);
  if (outcome === SOLD) {
    requests.soldAt[r] = Math.min(requests.soldAt[r]!, completed);
    requests.settledAt[r] = Math.max(requests.settledAt[r]!, completed);
  }
  if (outcome === UNKNOWN) requests.settledAt[r] = Infinity;
}

function contradiction(operations: OperationColumns, row: number, message: string): UsageError {
  const { op, request, quantity, invoked, completed } = operations.at(row);
  const what = `${op} ${request} of ${quantity} at ${invoked}–${completed} ns`;
  return new UsageError(
    'CONTRADICTORY_HISTORY',
    `operation ${row + 1} (${what}): ${message}`,
    'correct the history: attempts of one request share user and quantity, and a release gives back all of it',
  );
}

/** The same facts as the explorer gathers at rest, beside the ledger. */
export function joinLedger(
  requests: Requests,
  operations: OperationColumns,
  recorded: Iterable<RecordedSale>,
): Joined {
  const { strings } = operations;
  const ledger = LedgerColumns.from(recorded, strings);
  const numbers = new Int32Array(strings.size).fill(-1);
  for (let r = 0; r < requests.count; r++) numbers[requests.name[r]!] = r;
  /** By request: the units of all its entries, and the user of its first; −1 if there is none. */
  const units = new Float64Array(requests.count);
  const user = new Int32Array(requests.count).fill(-1);
  const unasked: number[] = [];
  for (let row = 0; row < ledger.length; row++) {
    const r = numbers[ledger.request[row]!]!;
    if (r === -1) {
      unasked.push(row);
      continue;
    }
    units[r]! += ledger.quantity[row]!;
    if (user[r] === -1) user[r] = ledger.user[row]!;
  }
  function* join(): Generator<readonly [RequestFacts, LedgerEntry | undefined]> {
    for (let r = 0; r < requests.count; r++) {
      const entry = user[r] === -1 ? undefined : new EntryOfRequest(strings, user[r]!, units[r]!);
      yield [new FactsOfRequest(requests, operations, r), entry];
    }
  }
  return { requests: join(), unasked: () => unasked.map((row) => ledger.at(row)) };
}

class EntryOfRequest implements LedgerEntry {
  readonly quantity: number;
  readonly #strings: StringTable;
  readonly #user: number;

  constructor(strings: StringTable, user: number, quantity: number) {
    this.quantity = quantity;
    this.#strings = strings;
    this.#user = user;
  }

  get userId(): string {
    return this.#strings.text(this.#user);
  }
}

/** Names are read when somebody asks for them: of a million, few are. */
class FactsOfRequest implements RequestFacts {
  readonly quantity: number;
  readonly outcome: Outcome;
  readonly resent: boolean;
  readonly released: number;
  readonly releasedUnknown: number;
  readonly stuck: boolean;
  readonly #requests: Requests;
  readonly #strings: StringTable;
  readonly #r: number;

  constructor(requests: Requests, { strings }: OperationColumns, r: number) {
    const last = OUTCOMES[requests.last[r]!]!;
    const releases = requests.releases[r]!;
    // A release surely freed the units only if the sale was over before it began.
    const certain = had(releases, DONE) && requests.settledAt[r]! < requests.releasedAt[r]!;
    this.quantity = requests.quantity[r]!;
    this.resent = requests.attempts[r]! > 1;
    this.outcome = this.resent ? outcomeOf(requests.outcomes[r]!, last) : last;
    this.released = certain ? this.quantity : 0;
    this.releasedUnknown = releases !== 0 && !certain ? this.quantity : 0;
    this.stuck = last === 'gave-up';
    this.#requests = requests;
    this.#strings = strings;
    this.#r = r;
  }

  get requestId(): string {
    return this.#strings.text(this.#requests.name[this.#r]!);
  }

  get userId(): string {
    return this.#strings.text(this.#requests.user[this.#r]!);
  }
}

const outcomeOf = (outcomes: number, last: Outcome): Outcome =>
  outcomeOfAttempts([...OUTCOMES.filter((_, code) => had(outcomes, code)), last]);
