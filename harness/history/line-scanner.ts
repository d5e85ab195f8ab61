import { bytes, ByteScanner } from './byte-scanner.ts';
import { opCode, outcomeCode, type Row } from './columns.ts';
import { ENDINGS, MOST_PROCESSES } from './line.ts';
import { OPS, OUTCOMES } from './operation.ts';
import type { StringTable } from './string-table.ts';

const words = <T extends string>(
  texts: readonly T[],
  codeOf: (text: T) => number,
): { word: Uint8Array; code: number }[] =>
  texts.map((text) => ({ word: bytes(`${text}"`), code: codeOf(text) }));

const OP_WORDS = words(OPS, opCode);
const OUTCOME_WORDS = words(OUTCOMES, outcomeCode);
const KEY = {
  process: bytes('{"process":'),
  request: bytes(',"request":"'),
  attempt: bytes(',"attempt":'),
  user: bytes(',"user":"'),
  op: bytes(',"op":"'),
  quantity: bytes(',"quantity":'),
  invoked: bytes(',"invoked":'),
  completed: bytes(',"completed":'),
  outcome: bytes(',"outcome":"'),
  remaining: bytes(',"remaining":'),
};
const END = bytes('}');

const PURCHASE = opCode('purchase');
const RESTOCK = opCode('restock');
const UNKNOWN = outcomeCode('unknown');
/** Outcome codes that an op may end with, as bits, by op code. */
const ENDING_BITS = OPS.map((op) =>
  ENDINGS[op].reduce((bits, ending) => bits | (1 << outcomeCode(ending)), 0),
);

/**
 * Reads an operation's line as `operationLine` writes it, byte by byte and without making a string: five times
 * faster than JSON.parse. It knows this one shape only. On anything else (other keys or order, spaces, escapes,
 * fractions, exponents, signs), and on an operation that makes no sense, it gives up; the line is then parsed in the
 * general way, which says what is wrong.
 */
export class LineScanner extends ByteScanner {
  /** What the last successful scan read; overwritten by the next. */
  readonly row: Row = {
    process: 0,
    request: 0,
    attempt: 0,
    user: 0,
    op: 0,
    quantity: 0,
    invoked: 0,
    completed: 0,
    outcome: 0,
    remaining: 0,
  };
  readonly #strings: StringTable;

  constructor(strings: StringTable) {
    super();
    this.#strings = strings;
  }

  /**
   * @param end of the bytes, not of the line: that is found on the way
   * @returns where the line ends, if it is of that shape, and `row` then holds it; else −1
   */
  scan(source: Uint8Array, start: number, end: number): number {
    this.begin(source, start, end);
    const { row } = this;
    this.expect(KEY.process);
    row.process = this.number();
    this.expect(KEY.request);
    const requestFrom = this.at;
    const requestTo = this.string();
    this.expect(KEY.attempt);
    row.attempt = this.number();
    this.expect(KEY.user);
    const userFrom = this.at;
    const userTo = this.string();
    this.expect(KEY.op);
    row.op = this.#oneOf(OP_WORDS);
    this.expect(KEY.quantity);
    row.quantity = this.number();
    this.expect(KEY.invoked);
    row.invoked = this.number();
    row.completed = this.accept(KEY.completed) ? this.number() : Infinity;
    this.expect(KEY.outcome);
    row.outcome = this.#oneOf(OUTCOME_WORDS);
    row.remaining = this.accept(KEY.remaining) ? this.number() : NaN;
    this.expect(END);
    if (this.failed || !this.atEndOfLine) return -1;
    if (requestFrom === requestTo && row.op !== RESTOCK) return -1;
    if (userFrom === userTo && row.op === PURCHASE) return -1;
    if (!makesSense(row)) return -1;
    // Only now, so that a line that is not taken leaves no names behind.
    row.request = this.#strings.internBytes(source, requestFrom, requestTo);
    row.user = this.#strings.internBytes(source, userFrom, userTo);
    return this.at;
  }

  #oneOf(list: readonly { word: Uint8Array; code: number }[]): number {
    if (!this.failed) for (const { word, code } of list) if (this.accept(word)) return code;
    this.failed = true;
    return 0;
  }
}

const makesSense = ({ process, attempt, quantity, op, invoked, completed, outcome }: Row): boolean =>
  process <= MOST_PROCESSES &&
  attempt >= 1 &&
  attempt <= MOST_PROCESSES &&
  quantity >= 1 &&
  completed >= invoked &&
  (completed < Infinity || outcome === UNKNOWN) &&
  (ENDING_BITS[op]! & (1 << outcome)) !== 0;
