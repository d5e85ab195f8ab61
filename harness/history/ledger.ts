import type { RecordedSale } from '../../strategies/contract.ts';
import { widened } from '../ground/arrays.ts';
import { readable } from '../ground/thrown.ts';
import type { StringTable } from './string-table.ts';

/** What recorded() has to return; undefined: that is it. For a sentence that goes on after "recorded()". */
export function wrongLedger(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'returned no list';
  const at = Array.from(value as unknown[]).findIndex((line) => !isLine(line));
  return at < 0 ? undefined : `lists ${shown(value[at])}`;
}

export const RIGHT_LEDGER = 'return an array of { requestId, userId, quantity }, or leave recorded out';

const shown = (line: unknown): string => {
  if (line === undefined) return 'undefined';
  try {
    return readable(JSON.stringify(line) ?? `a ${typeof line}`);
  } catch {
    return 'what cannot be shown';
  }
};

function isLine(line: unknown): boolean {
  try {
    const { requestId = '', userId, quantity } = (line ?? {}) as Record<string, unknown>;
    const isNumber = typeof quantity === 'number' && !Number.isNaN(quantity);
    return [requestId, userId].every((text) => typeof text === 'string') && isNumber;
  } catch {
    return false;
  }
}

const FIRST_CAPACITY = 1024;

/** A ledger in columns. Names are ids of the table that the history's operations use. */
export class LedgerColumns implements Iterable<RecordedSale> {
  readonly strings: StringTable;
  length = 0;
  request = new Int32Array(FIRST_CAPACITY);
  user = new Int32Array(FIRST_CAPACITY);
  quantity = new Float64Array(FIRST_CAPACITY);

  constructor(strings: StringTable) {
    this.strings = strings;
  }

  static from(sales: Iterable<RecordedSale>, strings: StringTable): LedgerColumns {
    if (sales instanceof LedgerColumns && sales.strings === strings) return sales;
    const ledger = new LedgerColumns(strings);
    for (const sale of sales) ledger.push(sale);
    return ledger;
  }

  /** Without a request, its name is the empty one. */
  push({ requestId = '', userId, quantity }: RecordedSale): void {
    this.pushRow(this.strings.intern(requestId), this.strings.intern(userId), quantity);
  }

  pushRow(request: number, user: number, quantity: number): void {
    if (this.length === this.request.length) this.#grow();
    const i = this.length++;
    this.request[i] = request;
    this.user[i] = user;
    this.quantity[i] = quantity;
  }

  /** The sale in row i, which must exist. */
  at(i: number): RecordedSale {
    const requestId = this.strings.text(this.request[i]!);
    return {
      ...(requestId !== '' && { requestId }),
      userId: this.strings.text(this.user[i]!),
      quantity: this.quantity[i]!,
    };
  }

  *[Symbol.iterator](): Iterator<RecordedSale> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  #grow(): void {
    const capacity = this.request.length * 2;
    this.request = widened(this.request, capacity);
    this.user = widened(this.user, capacity);
    this.quantity = widened(this.quantity, capacity);
  }
}
