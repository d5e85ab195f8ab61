import { open, type FileHandle } from 'node:fs/promises';
import type { RecordedSale, Sale } from '../../strategies/contract.ts';
import { UsageError } from '../errors.ts';
import { OperationColumns } from './columns.ts';
import { LineError, operationLine, parseHeader, parseLine, type Line } from './line.ts';
import { LineScanner } from './line-scanner.ts';
import type { History } from './operation.ts';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;
/** How often progress is told, at most. */
const TOLD = 20;
/** Sales on one line of the ledger. A reader takes any number, and any number of such lines. */
const SALES_PER_LINE = 1_000;

/** A history as it stood in a file. */
export interface HistoryFile {
  history: History & { operations: OperationColumns };
  /** Keys of operations that the format does not know, and that were not looked at. */
  unknownKeys: readonly string[];
}

export interface ReadOptions {
  /** Told now and then how many bytes are read, of how many. */
  onProgress?: (read: number, total: number) => void;
}

/**
 * Reads a history file, ours or a foreign one, in memory bounded by its operations (about 50 bytes each, and their
 * names once).
 *
 * @throws UsageError that names the line, where one is corrupt; nothing is skipped
 */
export async function readHistory(path: string, options: ReadOptions = {}): Promise<HistoryFile> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const reader = new HistoryReader(path);
    let read = 0;
    let told = 0;
    for await (const { lines, bytes } of chunksOfLines(file)) {
      reader.take(lines);
      read += bytes;
      if (read < size && (read - told) * TOLD < size) continue;
      told = read;
      options.onProgress?.(read, size);
    }
    return reader.end();
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw new UsageError(
      'NO_HISTORY',
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'give the path of a history.jsonl, as `oversell bench --history` writes it',
      { cause: error },
    );
  }
}

/** Whole lines, many at a time, each with its newline; only the last may lack it. The bytes are overwritten later. */
async function* chunksOfLines(file: FileHandle): AsyncGenerator<{ lines: Buffer; bytes: number }> {
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
    filled += bytesRead;
    if (bytesRead === 0) {
      if (filled > 0) yield { lines: buffer.subarray(0, filled), bytes: 0 };
      return;
    }
    const whole = buffer.subarray(0, filled).lastIndexOf(NEWLINE, filled - 1) + 1;
    if (whole > 0) yield { lines: buffer.subarray(0, whole), bytes: bytesRead };
    buffer.copy(buffer, 0, whole, filled);
    filled -= whole;
    // A line longer than the buffer: a ledger on one line, say.
    if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
  }
}

/** Takes a file's lines in their order. */
class HistoryReader {
  readonly #path: string;
  readonly #operations = new OperationColumns();
  readonly #scanner = new LineScanner(this.#operations.strings);
  readonly #unknownKeys = new Set<string>();
  #line = 0;
  #sale: Sale | undefined;
  #drained: number | undefined;
  #recorded: RecordedSale[] | null | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  take(lines: Buffer): void {
    for (let start = 0; start < lines.length;) {
      const newline = lines.indexOf(NEWLINE, start);
      const end = newline === -1 ? lines.length : newline;
      this.#line++;
      if (this.#sale !== undefined && this.#scanner.scan(lines, start, end)) {
        this.#operations.pushRow(this.#scanner.row);
      } else {
        this.#takeAny(lines.toString('utf8', start, end));
      }
      start = end + 1;
    }
  }

  end(): HistoryFile {
    if (this.#sale === undefined) throw this.#corrupt(1, 'is missing: the file is empty');
    const history: HistoryFile['history'] = { sale: this.#sale, operations: this.#operations };
    if (this.#drained !== undefined) history.drained = this.#drained;
    if (this.#recorded !== undefined) history.recorded = this.#recorded;
    return { history, unknownKeys: [...this.#unknownKeys] };
  }

  #takeAny(text: string): void {
    try {
      if (this.#sale === undefined) this.#sale = parseHeader(text).sale;
      else this.#takeLine(parseLine(text, (key) => this.#unknownKeys.add(key)));
    } catch (error) {
      if (error instanceof LineError) throw this.#corrupt(this.#line, error.message);
      throw error;
    }
  }

  #takeLine(line: Line): void {
    switch (line.kind) {
      case 'operation':
        this.#operations.push(line.operation);
        break;
      case 'drained':
        if (this.#drained !== undefined) throw new LineError('says a second time what was drained');
        this.#drained = line.units;
        break;
      case 'recorded':
        this.#takeSales(line.sales);
        break;
    }
  }

  #takeSales(sales: readonly RecordedSale[] | null): void {
    if (this.#recorded === undefined) this.#recorded = sales && [...sales];
    else if (this.#recorded === null || sales === null) throw new LineError('contradicts an earlier ledger');
    else for (const sale of sales) this.#recorded.push(sale);
  }

  #corrupt(line: number, message: string): UsageError {
    return new UsageError(
      'CORRUPT_HISTORY',
      `${this.#path} line ${line} ${message}`,
      'correct or remove that line; nothing was judged',
    );
  }
}

/** Writes a history file. Where nobody drained the sale or read its ledger, that line is left out. */
export async function writeHistory(path: string, history: History): Promise<void> {
  const file = await open(path, 'w');
  try {
    let text = '';
    for (const line of linesOf(history)) {
      text += `${line}\n`;
      if (text.length < CHUNK_BYTES) continue;
      await file.writeFile(text);
      text = '';
    }
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

function* linesOf({ sale, operations, drained, recorded }: History): Generator<string> {
  yield JSON.stringify({ oversell: 1, sale });
  for (const operation of operations) yield operationLine(operation);
  if (drained !== undefined) yield JSON.stringify({ op: 'drained', value: drained });
  if (recorded === null || recorded?.length === 0) yield JSON.stringify({ op: 'recorded', sales: recorded });
  for (let i = 0; i < (recorded?.length ?? 0); i += SALES_PER_LINE) {
    yield JSON.stringify({ op: 'recorded', sales: recorded!.slice(i, i + SALES_PER_LINE) });
  }
}
