import type { RecordedSale, Sale } from '../../strategies/contract.ts';
import { withoutMark } from '../documents/read-json.ts';
import { ENDINGS, OPS, OUTCOMES } from '../documents/vocabulary.ts';
import type { History, Operation } from './operation.ts';

/** One line of a history file, as it stands there. */
export type Line =
  | { kind: 'operation'; operation: Operation }
  | { kind: 'drained'; units: number }
  | { kind: 'recorded'; sales: readonly RecordedSale[] | null };

/** What is wrong with a line, as the end of a sentence about it. */
export class LineError extends Error {
  /** Where it is another one than usual. */
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

const VERSION = 1;

export const OPERATION_KEYS = [
  'process',
  'request',
  'attempt',
  'user',
  'op',
  'quantity',
  'invoked',
  'completed',
  'outcome',
  'remaining',
] as const satisfies readonly (keyof Operation)[];
export const SALE_KEYS = [
  'requestId',
  'userId',
  'quantity',
] as const satisfies readonly (keyof RecordedSale)[];
export const MOST_PROCESSES = 2 ** 31 - 1;

/** Is told each key that the format does not know, with the object that it stands in. */
type UnknownKey = (key: string) => unknown;

/** What the first line says. */
export type Header = Pick<History, 'sale' | 'confirms' | 'reserves'>;

/** The first line. @throws LineError */
export function parseHeader(text: string, unknownKey: UnknownKey): Header {
  const header = parseObject(withoutMark(text));
  const version = header['oversell'];
  if (typeof version === 'number' && version > VERSION && 'sale' in header) {
    const remedy = 'read it with the oversell that wrote it, or a newer one';
    throw new LineError(`is of version ${version}; this oversell reads version ${VERSION}`, remedy);
  }
  if (version !== VERSION) {
    throw new LineError('is not a header: begin with {"oversell":1,"sale":{"sku":"…","stock":…}}');
  }
  const sold = asObject('sale', header['sale']);
  tellUnknown(header, ['oversell', 'sale', 'confirms', 'reserves'], unknownKey);
  tellUnknown(sold, ['sku', 'stock', 'perUserLimit'], (key) => unknownKey(`sale.${key}`));
  const { sku, stock, perUserLimit } = sold;
  const sale: Sale = { sku: string('sale.sku', sku), stock: units('sale.stock', stock, 0) };
  if (perUserLimit !== undefined) sale.perUserLimit = units('sale.perUserLimit', perUserLimit, 1);
  return { sale, ...flagIn(header, 'confirms'), ...flagIn(header, 'reserves') };
}

/** @throws LineError */
function flagIn<Flag extends string>(
  header: Record<string, unknown>,
  flag: Flag,
): Partial<Record<Flag, boolean>> {
  const value = header[flag];
  if (value === undefined) return {};
  if (typeof value !== 'boolean') throw new LineError(`is wrong: ${flag} is ${shown(value)}, not a boolean`);
  return { [flag]: value } as Record<Flag, boolean>;
}

/** @throws LineError */
export function parseLine(text: string, unknownKey: UnknownKey): Line {
  const line = parseObject(text);
  if (line['op'] === 'drained') {
    tellUnknown(line, ['op', 'value'], (key) => unknownKey(`drained.${key}`));
    return { kind: 'drained', units: units('value', line['value'], 0) };
  }
  if (line['op'] === 'recorded') {
    tellUnknown(line, ['op', 'sales'], (key) => unknownKey(`recorded.${key}`));
    return { kind: 'recorded', sales: parseSales(line['sales'], unknownKey) };
  }
  tellUnknown(line, OPERATION_KEYS, unknownKey);
  const operation = parseOperation(line);
  const fault = faultIn(operation);
  if (fault !== undefined) throw new LineError(fault);
  return { kind: 'operation', operation };
}

function tellUnknown(object: object, known: readonly string[], unknownKey: UnknownKey): void {
  for (const key of Object.keys(object)) if (!known.includes(key)) unknownKey(key);
}

/** Attempt and names may be left out where they say nothing: 1, and the empty string. */
function parseOperation(line: Record<string, unknown>): Operation {
  const operation: Operation = {
    process: number('process', line['process']),
    request: string('request', line['request'] ?? ''),
    attempt: number('attempt', line['attempt'] ?? 1),
    user: string('user', line['user'] ?? ''),
    op: oneOf('op', OPS, line['op']),
    quantity: number('quantity', line['quantity']),
    invoked: number('invoked', line['invoked']),
    completed: number('completed', line['completed'] ?? Infinity),
    outcome: oneOf('outcome', OUTCOMES, line['outcome']),
  };
  const remaining = line['remaining'];
  if (remaining !== undefined && remaining !== null) operation.remaining = number('remaining', remaining);
  return operation;
}

/** What makes no sense about an operation; undefined when all is well. */
function faultIn(operation: Operation): string | undefined {
  const { process, request, attempt, user, op, quantity, invoked, completed, outcome } = operation;
  if (!isWhole(process, 0, MOST_PROCESSES))
    return `has process ${process}: number them from 0, to at most ${MOST_PROCESSES}`;
  if (!isWhole(attempt, 1, MOST_PROCESSES))
    return `has attempt ${attempt}: number them from 1, to at most ${MOST_PROCESSES}`;
  if (!isWhole(quantity, 1, Number.MAX_SAFE_INTEGER)) return `has quantity ${quantity}: give whole units`;
  if (op !== 'restock' && request === '') return `has no request: a ${op} needs its token`;
  if (op === 'purchase' && user === '') return 'has no user: a purchase needs its buyer';
  if (!(invoked >= 0 && invoked < Infinity))
    return `was invoked at ${invoked}: give ns since the run's start`;
  if (!(completed >= invoked)) return `completed at ${completed}, before it was invoked at ${invoked}`;
  if (!ENDINGS[op].includes(outcome)) return `is a ${op} that ended "${outcome}": ${ENDINGS[op].join(', ')}`;
  if (completed === Infinity && outcome !== 'unknown') {
    return `ended "${outcome}" but has no completion: only an unknown outcome may be open`;
  }
  return undefined;
}

function parseSales(sales: unknown, unknownKey: UnknownKey): readonly RecordedSale[] | null {
  if (sales === null) return null;
  if (!Array.isArray(sales))
    throw new LineError('has neither a list of sales nor null, which means that no ledger is kept');
  return sales.map((item: unknown, i): RecordedSale => {
    if (isRecordedSale(item)) {
      tellUnknown(item, SALE_KEYS, (key) => unknownKey(`recorded.sales.${key}`));
      return item.requestId === '' ? { userId: item.userId, quantity: item.quantity } : item;
    }
    throw new LineError(
      `is wrong: sale ${i + 1} of the ledger is ${JSON.stringify(item)}, not { requestId, userId, quantity }`,
    );
  });
}

function isRecordedSale(item: unknown): item is RecordedSale {
  if (typeof item !== 'object' || item === null) return false;
  const { requestId = '', userId, quantity } = item as Record<string, unknown>;
  const ids = [requestId, userId];
  return (
    ids.every((id) => typeof id === 'string' && !HALF_A_CHARACTER.test(id)) && typeof quantity === 'number'
  );
}

function parseObject(text: string): Record<string, unknown> {
  if (text.trim() === '') throw new LineError('is empty');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LineError(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return asObject('it', value);
}

function asObject(what: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LineError(`is wrong: ${what} is not an object`);
  }
  return value as Record<string, unknown>;
}

function string(what: string, value: unknown): string {
  if (typeof value !== 'string') throw new LineError(`is wrong: ${what} is ${shown(value)}, not a string`);
  // It has no UTF-8: two of them would become one name.
  if (HALF_A_CHARACTER.test(value)) throw new LineError(`is wrong: ${what} holds half of a surrogate pair`);
  return value;
}

function number(what: string, value: unknown): number {
  if (typeof value !== 'number') throw new LineError(`is wrong: ${what} is ${shown(value)}, not a number`);
  return value;
}

function units(what: string, value: unknown, least: number): number {
  const count = number(what, value);
  if (!isWhole(count, least, Number.MAX_SAFE_INTEGER)) {
    throw new LineError(`is wrong: ${what} is ${count}, not a whole number from ${least} to 2^53−1`);
  }
  return count;
}

function oneOf<T extends string>(what: string, allowed: readonly T[], value: unknown): T {
  const found = allowed.find((item) => item === value);
  if (found !== undefined) return found;
  throw new LineError(`is wrong: ${what} is ${shown(value)}, not one of ${allowed.join(', ')}`);
}

const HALF_A_CHARACTER = /\p{Surrogate}/u;

const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/** An operation's line, of a shape that LineScanner reads. */
export function operationLine(operation: Operation): string {
  const { process, request, attempt, user, op, quantity, invoked, completed, outcome, remaining } = operation;
  const end = completed === Infinity ? '' : `,"completed":${completed}`;
  const left = remaining === undefined ? '' : `,"remaining":${remaining}`;
  return (
    `{"process":${process},"request":${JSON.stringify(request)},"attempt":${attempt},` +
    `"user":${JSON.stringify(user)},"op":"${op}","quantity":${quantity},"invoked":${invoked}${end},` +
    `"outcome":"${outcome}"${left}}`
  );
}

/** A line of the ledger, of a shape that LedgerScanner reads, whatever else a strategy told. */
export function ledgerLine(sales: readonly RecordedSale[] | null): string {
  const plain = sales?.map(({ requestId, userId, quantity }) => ({ requestId, userId, quantity })) ?? null;
  return JSON.stringify({ op: 'recorded', sales: plain });
}
