import { OPS, OUTCOMES, type Op, type Operation, type Outcome } from './operation.ts';

const FIRST_CAPACITY = 1024;
const OP_CODE = new Map(OPS.map((op, code) => [op, code]));
const OUTCOME_CODE = new Map(OUTCOMES.map((outcome, code) => [outcome, code]));

export const opCode = (op: Op): number => OP_CODE.get(op)!;
export const outcomeCode = (outcome: Outcome): number => OUTCOME_CODE.get(outcome)!;

/** One operation as numbers. Strings are ids of the store's table; codes are places in OPS and OUTCOMES. */
export interface Row {
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

  pushRow(row: Row): void {
    if (this.length === this.process.length) this.#grow();
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

  #grow(): void {
    this.process = doubled(this.process);
    this.request = doubled(this.request);
    this.attempt = doubled(this.attempt);
    this.user = doubled(this.user);
    this.op = doubled(this.op);
    this.outcome = doubled(this.outcome);
    this.quantity = doubled(this.quantity);
    this.invoked = doubled(this.invoked);
    this.completed = doubled(this.completed);
    this.remaining = doubled(this.remaining);
  }
}

type Column = Int32Array | Uint8Array | Float64Array;

function doubled<T extends Column>(column: T): T {
  const wider = new (column.constructor as new (length: number) => T)(column.length * 2);
  wider.set(column);
  return wider;
}

/**
 * Each distinct string once, as UTF-8 in one buffer, known by a small integer. A parser interns the bytes as they
 * lie in the file; a JavaScript string is made only when somebody asks for the text.
 */
export class StringTable {
  size = 0;
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY * 8);
  /** String i lies in #bytes from #ends[i − 1] (or 0) to #ends[i]. */
  #ends = new Float64Array(FIRST_CAPACITY);
  #hashes = new Int32Array(FIRST_CAPACITY);
  /** Open addressing, at most half full; holds id + 1, 0 is free. */
  #slots = new Int32Array(FIRST_CAPACITY * 4);
  #scratch = Buffer.allocUnsafe(256);

  intern(text: string): number {
    if (text.length * 3 > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(text.length * 3);
    return this.internBytes(this.#scratch, 0, this.#scratch.write(text));
  }

  internBytes(source: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i]!, 0x01000193);
    hash ^= hash >>> 15; // FNV's low bits alone cluster on ids that count up
    let slot = hash & (this.#slots.length - 1);
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & (this.#slots.length - 1)) {
      const id = this.#slots[slot]! - 1;
      if (this.#hashes[id] === hash && this.#equals(id, source, start, end)) return id;
    }
    this.#slots[slot] = this.size + 1;
    return this.#add(hash, source, start, end);
  }

  text(id: number): string {
    return this.#bytes.toString('utf8', this.#start(id), this.#ends[id]);
  }

  #start(id: number): number {
    return id === 0 ? 0 : this.#ends[id - 1]!;
  }

  #equals(id: number, source: Uint8Array, start: number, end: number): boolean {
    const from = this.#start(id);
    if (this.#ends[id]! - from !== end - start) return false;
    for (let i = start; i < end; i++) if (source[i] !== this.#bytes[from + i - start]) return false;
    return true;
  }

  #add(hash: number, source: Uint8Array, start: number, end: number): number {
    const id = this.size++;
    const from = this.#start(id);
    const needed = from + end - start;
    if (needed > this.#bytes.length) {
      const wider = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(wider, 0, 0, from);
      this.#bytes = wider;
    }
    for (let i = start; i < end; i++) this.#bytes[from + i - start] = source[i]!;
    this.#ends[id] = needed;
    this.#hashes[id] = hash;
    if (this.size === this.#ends.length) this.#grow();
    return id;
  }

  #grow(): void {
    this.#ends = doubled(this.#ends);
    this.#hashes = doubled(this.#hashes);
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let id = 0; id < this.size; id++) {
      let slot = this.#hashes[id]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = id + 1;
    }
  }
}
