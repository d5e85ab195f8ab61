import { UsageError } from '../ground/errors.ts';
import { opCode, outcomeCode, type OperationColumns } from '../history/columns.ts';

export const PURCHASE = opCode('purchase');
export const RELEASE = opCode('release');
export const RESTOCK = opCode('restock');
export const CONFIRM = opCode('confirm');
export const SOLD = outcomeCode('sold');
export const SOLD_OUT = outcomeCode('sold-out');
export const LIMIT_REACHED = outcomeCode('limit-reached');
export const GAVE_UP = outcomeCode('gave-up');
export const ALREADY_YOURS = outcomeCode('already-yours');
export const DONE = outcomeCode('done');
export const REJECTED = outcomeCode('rejected');
export const UNKNOWN = outcomeCode('unknown');

/**
 * A history's purchases, all attempts of one request together, in columns: request `r` is the r-th that the history
 * names. Times as in the history; Infinity where there is none.
 */
export interface Requests {
  count: number;
  /** Sold is a hold that lapses when nobody confirms it. */
  confirmed: boolean;
  /** Request of each operation, −1 for a restock, and for a release or confirm of what was never asked for. */
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
  /** The first acknowledgement: by `sold`, or by a confirm where one is needed. */
  acknowledgedAt: Float64Array;
  /** When the last attempt that may have sold it was over; Infinity while one is unknown. */
  settledAt: Float64Array;
  /** The first invocation of a release that may have had an effect, and the last completion of one; Infinity while it is unknown. */
  releasedAt: Float64Array;
  releasedBy: Float64Array;
  /** The last invocation of an attempt that sold it. */
  soldFrom: Float64Array;
  /** Outcomes of its releases, as bits by outcome code. */
  releases: Uint8Array;
  /** Outcomes of its confirms, as bits by outcome code, and how many there were. */
  confirms: Uint8Array;
  timesConfirmed: Uint32Array;
}

/** Whether it may have given its units back: it was released, or may have lapsed. */
export const mayBeFree = ({ releases, confirmed }: Requests, r: number): boolean =>
  releases[r] !== 0 || confirmed;

export const isRefusal = ({ outcome }: Pick<OperationColumns, 'outcome'>, row: number): boolean =>
  outcome[row] === SOLD_OUT || outcome[row] === LIMIT_REACHED;

const bit = (outcome: number): number => 1 << outcome;
export const had = (outcomes: number, outcome: number): boolean => (outcomes & bit(outcome)) !== 0;

/**
 * @throws UsageError where the history contradicts itself: an operation that ends before it begins, attempts of one
 * request that differ in user or quantity, a release of another quantity than was bought
 */
export function foldRequests(operations: OperationColumns, confirms?: boolean): Requests {
  const requests = nameRequests(operations);
  const confirmed = operations.op.subarray(0, operations.length).includes(CONFIRM);
  requests.confirmed = confirms ?? confirmed;
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
    const op = operations.op[row]!;
    const user = operations.user[row]!;
    if (user !== requests.user[r] && !(op !== PURCHASE && user === nobody)) {
      throw contradiction(operations, row, 'this request is of another user elsewhere');
    }
    if (op === CONFIRM) {
      addConfirm(requests, r, operations.outcome[row]!, operations.completed[row]!);
      continue;
    }
    if (op === RELEASE) {
      addRelease(requests, r, operations, row);
      continue;
    }
    addAttempt(requests, r, operations.outcome[row]!, operations.completed[row]!);
    if (operations.outcome[row] === SOLD) requests.soldFrom[r] = Math.max(requests.soldFrom[r]!, invoked);
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
    confirmed: false,
    ofOperation: new Int32Array(length).fill(-1),
    name: new Int32Array(count),
    user: new Int32Array(count),
    quantity: new Float64Array(count),
    attempts: new Uint32Array(count),
    outcomes: new Uint8Array(count),
    last: new Uint8Array(count),
    acknowledgedAt: new Float64Array(count).fill(Infinity),
    settledAt: new Float64Array(count).fill(-Infinity),
    releasedAt: new Float64Array(count).fill(Infinity),
    releasedBy: new Float64Array(count).fill(-Infinity),
    soldFrom: new Float64Array(count).fill(-Infinity),
    releases: new Uint8Array(count),
    confirms: new Uint8Array(count),
    timesConfirmed: new Uint32Array(count),
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

function addRelease(requests: Requests, r: number, operations: OperationColumns, row: number): void {
  const outcome = operations.outcome[row]!;
  if (outcome !== DONE && outcome !== UNKNOWN) return;
  requests.releases[r]! |= bit(outcome);
  requests.releasedAt[r] = Math.min(requests.releasedAt[r]!, operations.invoked[row]!);
  const over = outcome === UNKNOWN ? Infinity : operations.completed[row]!;
  requests.releasedBy[r] = Math.max(requests.releasedBy[r]!, over);
}

function addConfirm(requests: Requests, r: number, outcome: number, completed: number): void {
  requests.confirms[r]! |= bit(outcome);
  requests.timesConfirmed[r]!++;
  if (outcome === UNKNOWN) requests.settledAt[r] = Infinity;
  if (outcome !== DONE) return;
  requests.acknowledgedAt[r] = Math.min(requests.acknowledgedAt[r]!, completed);
  requests.settledAt[r] = Math.max(requests.settledAt[r]!, completed);
}

function addAttempt(requests: Requests, r: number, outcome: number, completed: number): void {
  requests.outcomes[r]! |= bit(outcome);
  if (outcome === SOLD) {
    if (!requests.confirmed) requests.acknowledgedAt[r] = Math.min(requests.acknowledgedAt[r]!, completed);
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
