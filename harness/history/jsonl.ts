import { constants, openSync } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { RecordedSale } from '../../strategies/contract.ts';
import { whyUnreadable } from '../documents/read-json.ts';
import { wholeFile } from '../documents/write-file.ts';
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
  /** Ends it early. */
  signal?: AbortSignal;
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
  const { signal } = options;
  const file = await openFile(path);
  const end = (): void => void file.close().catch(() => undefined);
  signal?.addEventListener('abort', end, { once: true });
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
    signal?.throwIfAborted();
    return reader.end();
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', end);
    await file.close().catch(() => undefined); // it may be closed
  }
}

/** What is read of a file. */
type Bytes = Pick<FileHandle, 'close'> & {
  stat: () => Promise<{ size: number }>;
  read: (buffer: Buffer, offset: number, length: number) => Promise<{ bytesRead: number }>;
};

async function openFile(path: string): Promise<Bytes> {
  try {
    const found = await stat(path);
    // Opened in the usual way, it would keep a thread until somebody writes into it, whatever is interrupted.
    if (found.isFIFO()) return new Pipe(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    return await open(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** A pipe, of which nobody knows when somebody writes into it. */
class Pipe implements Bytes {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest = Buffer.alloc(0);

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#chunks = this.#socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async stat(): Promise<{ size: number }> {
    return { size: 0 };
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }> {
    if (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return { bytesRead: 0 };
      this.#rest = next.value as Buffer<ArrayBuffer>;
    }
    const bytesRead = this.#rest.copy(buffer, offset, 0, length);
    this.#rest = this.#rest.subarray(bytesRead);
    return { bytesRead };
  }

  async close(): Promise<void> {
    this.#socket.destroy();
  }
}

const unreadable = (path: string, cause: unknown): UsageError =>
  new UsageError(
    'NO_HISTORY',
    path === '' ? 'no file is named' : `${path} cannot be read: ${whyUnreadable(cause)}`,
    'give the path of a history.jsonl, as `oversell bench --history` writes it',
    { cause },
  );

/** Whole lines, many at a time, each with its newline; only the last may lack it. The bytes are overwritten later. */
async function* chunksOfLines(path: string, file: Bytes, tooLong: () => Error): AsyncGenerator<Buffer> {
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

async function readInto(path: string, file: Bytes, buffer: Buffer, offset: number): Promise<number> {
  try {
    return (await file.read(buffer, offset, buffer.length - offset)).bytesRead;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Writes a history file. Where nobody drained the sale or read its ledger, that line is left out.
 * @throws UsageError or EnvironmentError if it cannot be written; nothing is left of it then
 */
export const writeHistory = (path: string, history: History): Promise<void> =>
  wholeFile(path, (part) => writeLines(part, history));

async function writeLines(path: string, history: History): Promise<void> {
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

function* linesOf({ sale, confirms, reserves, operations, drained, recorded }: History): Generator<string> {
  yield JSON.stringify({
    oversell: 1,
    ...(confirms !== undefined && { confirms }),
    ...(reserves !== undefined && { reserves }),
    sale,
  });
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
