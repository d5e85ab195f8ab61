import { constants, isUtf8 } from 'node:buffer';
import type { RecordedSale } from '../../strategies/contract.ts';
import { UsageError } from '../ground/errors.ts';
import { OperationColumns } from './columns.ts';
import { LedgerColumns } from './ledger.ts';
import { LedgerScanner } from './ledger-scanner.ts';
import { LineError, parseHeader, parseLine, type Header, type Line } from './line.ts';
import { LineScanner } from './line-scanner.ts';
import type { History } from './operation.ts';

const NEWLINE = 0x0a;

/** A history as it stood in a file. */
export interface HistoryFile {
  history: History & { operations: OperationColumns; recorded?: LedgerColumns | null };
  /** Keys that the format does not know, and that were not looked at. */
  unknownKeys: readonly string[];
}

/** Takes a file's lines in their order. */
export class HistoryReader {
  readonly #path: string;
  readonly #operations = new OperationColumns();
  readonly #scanner = new LineScanner(this.#operations.strings);
  readonly #ledgerScanner = new LedgerScanner();
  readonly #ledger = new LedgerColumns(this.#operations.strings);
  readonly #unknownKeys = new Set<string>();
  #line = 0;
  #header: Header | undefined;
  #drained: number | undefined;
  #recorded: LedgerColumns | null | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws UsageError that names the line */
  take(lines: Buffer): void {
    const valid = isUtf8(lines);
    for (let start = 0; start < lines.length;) {
      this.#line++;
      let end = valid ? this.#scan(lines, start) : -1;
      if (end === -1) {
        const newline = lines.indexOf(NEWLINE, start);
        end = newline === -1 ? lines.length : newline;
        this.#takeAny(lines.subarray(start, end));
      }
      start = end + 1;
    }
  }

  /** What is wrong when the next line has no end. */
  tooLong(mostBytes: number): UsageError {
    return this.#corrupt(this.#line + 1, `has more than ${mostBytes} bytes`);
  }

  /** Makes room: the file is so many times as long as what was taken of it. */
  expect(times: number): void {
    this.#operations.reserve(Math.ceil(this.#operations.length * times));
    this.#operations.strings.reserve(Math.ceil(this.#operations.strings.size * times));
  }

  end(): HistoryFile {
    if (this.#header === undefined) throw this.#corrupt(1, 'is missing: the file is empty');
    const history: HistoryFile['history'] = { ...this.#header, operations: this.#operations };
    if (this.#drained !== undefined) history.drained = this.#drained;
    if (this.#recorded !== undefined) history.recorded = this.#recorded;
    return { history, unknownKeys: [...this.#unknownKeys] };
  }

  /** Takes a line of the usual shape. @returns where it ends; −1 if it is of another */
  #scan(lines: Buffer, start: number): number {
    if (this.#header === undefined) return -1;
    const end = this.#scanner.scan(lines, start, lines.length);
    if (end !== -1) this.#operations.pushRow(this.#scanner.row);
    if (end !== -1 || this.#recorded === null) return end;
    const ledgerEnd = this.#ledgerScanner.scan(lines, start, lines.length, this.#ledger);
    if (ledgerEnd !== -1) this.#recorded = this.#ledger;
    return ledgerEnd;
  }

  #takeAny(line: Buffer): void {
    try {
      if (!isUtf8(line)) throw new LineError('is no UTF-8');
      if (line.length > constants.MAX_STRING_LENGTH) throw new LineError('is too long');
      const text = line.toString();
      const unknownKey = (key: string): unknown => this.#unknownKeys.add(key);
      if (this.#header === undefined) this.#header = parseHeader(text, unknownKey);
      else this.#takeLine(parseLine(text, unknownKey));
    } catch (error) {
      if (error instanceof LineError) throw this.#corrupt(this.#line, error.message, error.remedy);
      throw error;
    }
  }

  #takeLine(line: Line): void {
    switch (line.kind) {
      case 'operation':
        this.#operations.push(line.operation);
        break;
      case 'drained':
        if (this.#drained !== undefined)
          throw new LineError('says a second time how many units were drained');
        this.#drained = line.units;
        break;
      case 'recorded':
        this.#takeSales(line.sales);
        break;
    }
  }

  #takeSales(sales: readonly RecordedSale[] | null): void {
    if (this.#recorded === undefined && sales === null) this.#recorded = null;
    else if (this.#recorded === null || sales === null) throw new LineError('contradicts an earlier ledger');
    else {
      this.#recorded ??= this.#ledger;
      for (const sale of sales) this.#recorded.push(sale);
    }
  }

  #corrupt(
    line: number,
    message: string,
    remedy = 'correct or remove that line; nothing was judged',
  ): UsageError {
    return new UsageError('CORRUPT_HISTORY', `${this.#path} line ${line} ${message}`, remedy);
  }
}
