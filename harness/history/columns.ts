import { widened } from '../ground/arrays.ts';
import { OPS, OUTCOMES, type Op, type Outcome } from '../documents/vocabulary.ts';
import type { Operation } from './operation.ts';
import { StringTable } from './string-table.ts';

const FIRST_CAPACITY = 1024;
const OP_CODE = new Map(OPS.map((op, code) => [op, code]));
const OUTCOME_CODE = new Map(OUTCOMES.map((outcome, code) => [outcome, code]));

export const opCode = (op: Op): number => OP_CODE.get(op)!;
export const outcomeCode = (outcome: Outcome): number => OUTCOME_CODE.get(outcome)!;

/** One operation as numbers. Strings are ids of the store's table; codes are places in OPS and OUTCOMES. */
export interface OperationRow {
  process: number;
  request: number;
  attempt: number;
  user: number;
  op: number;
  quantity: number;
  invoked: number;
  completed: number;
  outcome: number;
  /** NaN: the store did not tell. */
  remaining: number;
}

/**
 * Operations in columns, 50 bytes each besides their strings, so that a million of them neither fill the heap nor
 * keep the collector busy. Rows are in the order in which they were added; nothing is sorted here.
 */
export class OperationColumns implements Iterable<Operation> {
  readonly strings: StringTable;
  length = 0;
  process = new Int32Array(FIRST_CAPACITY);
  request = new Int32Array(FIRST_CAPACITY);
  attempt = new Int32Array(FIRST_CAPACITY);
  user = new Int32Array(FIRST_CAPACITY);
  op = new Uint8Array(FIRST_CAPACITY);
  outcome = new Uint8Array(FIRST_CAPACITY);
  quantity = new Float64Array(FIRST_CAPACITY);
  invoked = new Float64Array(FIRST_CAPACITY);
  completed = new Float64Array(FIRST_CAPACITY);
  remaining = new Float64Array(FIRST_CAPACITY);

  constructor(strings = new StringTable()) {
    this.strings = strings;
  }

  static from(operations: Iterable<Operation>): OperationColumns {
    if (operations instanceof OperationColumns) return operations;
    const columns = new OperationColumns();
    for (const operation of operations) columns.push(operation);
    return columns;
  }

  push(operation: Operation): void {
    this.pushRow({
      process: operation.process,
      request: this.strings.intern(operation.request),
      attempt: operation.attempt,
      user: this.strings.intern(operation.user),
      op: opCode(operation.op),
      quantity: operation.quantity,
      invoked: operation.invoked,
      completed: operation.completed,
      outcome: outcomeCode(operation.outcome),
      remaining: operation.remaining ?? NaN,
    });
  }

  pushRow(row: OperationRow): void {
    if (this.length === this.process.length) this.reserve(this.length * 2);
    const i = this.length++;
    this.process[i] = row.process;
    this.request[i] = row.request;
    this.attempt[i] = row.attempt;
    this.user[i] = row.user;
    this.op[i] = row.op;
    this.outcome[i] = row.outcome;
    this.quantity[i] = row.quantity;
    this.invoked[i] = row.invoked + 0; // never −0, whose bits sort elsewhere
    this.completed[i] = row.completed + 0;
    this.remaining[i] = row.remaining;
  }

  /** The operation in row i, which must exist. */
  at(i: number): Operation {
    const operation: Operation = {
      process: this.process[i]!,
      request: this.strings.text(this.request[i]!),
      attempt: this.attempt[i]!,
      user: this.strings.text(this.user[i]!),
      op: OPS[this.op[i]!]!,
      quantity: this.quantity[i]!,
      invoked: this.invoked[i]!,
      completed: this.completed[i]!,
      outcome: OUTCOMES[this.outcome[i]!]!,
    };
    const remaining = this.remaining[i]!;
    if (!Number.isNaN(remaining)) operation.remaining = remaining;
    return operation;
  }

  *[Symbol.iterator](): Iterator<Operation> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  /** Makes room for so many operations in all. */
  reserve(capacity: number): void {
    if (capacity <= this.process.length) return;
    this.process = widened(this.process, capacity);
    this.request = widened(this.request, capacity);
    this.attempt = widened(this.attempt, capacity);
    this.user = widened(this.user, capacity);
    this.op = widened(this.op, capacity);
    this.outcome = widened(this.outcome, capacity);
    this.quantity = widened(this.quantity, capacity);
    this.invoked = widened(this.invoked, capacity);
    this.completed = widened(this.completed, capacity);
    this.remaining = widened(this.remaining, capacity);
  }
}
