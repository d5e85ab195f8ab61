import { open, type FileHandle } from 'node:fs/promises';
import type { RecordedSale } from '../../strategies/contract.ts';
import { UsageError } from '../ground/errors.ts';
import { HistoryReader, type HistoryFile } from './history-reader.ts';
import { ledgerLine, operationLine } from './line.ts';
import type { History } from './operation.ts';

const CHUNK_BYTES = 1 << 20;
const MOST_LINE_BYTES = 1 << 30;
const NEWLINE = 0x0a;
/** How often progress is told, at most. */
const TOLD = 20;
/** Sales on one line of the ledger. A reader takes any number, and any number of such lines. */
const SALES_PER_LINE = 1_000;

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
    for await (const lines of chunksOfLines(path, file, () => reader.tooLong(MOST_LINE_BYTES))) {
      reader.take(lines);
      if (read === 0) reader.expect(size / lines.length);
      read += lines.length;
      // A pipe has no size, and a file may grow.
      if (read < size && (read - told) * TOLD < size) continue;
      told = read;
      options.onProgress?.(read, Math.max(read, size));
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
    throw unreadable(path, error);
  }
}

const unreadable = (path: string, cause: unknown): UsageError =>
  new UsageError(
    'NO_HISTORY',
    `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    'give the path of a history.jsonl, as `oversell bench --history` writes it',
    { cause },
  );

/** Whole lines, many at a time, each with its newline; only the last may lack it. The bytes are overwritten later. */
async function* chunksOfLines(path: string, file: FileHandle, tooLong: () => Error): AsyncGenerator<Buffer> {
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  for (;;) {
    const bytesRead = await readInto(path, file, buffer, filled);
    const before = filled;
    filled += bytesRead;
    if (bytesRead === 0) {
      if (filled > 0) yield buffer.subarray(0, filled);
      return;
    }
    const newline = buffer.subarray(before, filled).lastIndexOf(NEWLINE);
    if (newline === -1) {
      // A line longer than the buffer: a ledger on one line, say.
      if (filled >= MOST_LINE_BYTES) throw tooLong();
      if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      continue;
    }
    const whole = before + newline + 1;
    yield buffer.subarray(0, whole);
    buffer.copy(buffer, 0, whole, filled);
    filled -= whole;
  }
}

async function readInto(path: string, file: FileHandle, buffer: Buffer, offset: number): Promise<number> {
  try {
    return (await file.read(buffer, offset, buffer.length - offset)).bytesRead;
  } catch (error) {
    throw unreadable(path, error);
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

function* linesOf({ sale, confirms, operations, drained, recorded }: History): Generator<string> {
  yield JSON.stringify({ oversell: 1, ...(confirms !== undefined && { confirms }), sale });
  for (const operation of operations) yield operationLine(operation);
  if (drained !== undefined) yield JSON.stringify({ op: 'drained', value: drained });
  if (recorded !== undefined) yield* ledgerLines(recorded);
}

/** At least one, so that an empty ledger is not taken for one that nobody read. */
function* ledgerLines(recorded: Iterable<RecordedSale> | null): Generator<string> {
  let sales: RecordedSale[] = [];
  let lines = 0;
  for (const sale of recorded ?? []) {
    if (sales.push(sale) < SALES_PER_LINE) continue;
    yield ledgerLine(sales);
    lines++;
    sales = [];
  }
  if (lines === 0 || sales.length > 0) yield ledgerLine(recorded === null ? null : sales);
}
