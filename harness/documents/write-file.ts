/** The one place where a run's files are written: whole or not at all, and a fault of theirs is nobody's bug. */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EnvironmentError, RunError, UsageError } from '../ground/errors.ts';

/** A document as the text of a file, one that people may read. */
export const asFile = (document: object): string => `${JSON.stringify(document, undefined, 2)}\n`;

/**
 * Writes a file so that it is never seen half-written: whoever reads it finds the old text or the new one, also when
 * the disk is full or the machine goes down.
 *
 * @throws UsageError or EnvironmentError that names the file
 */
export function writeWhole(file: string, text: string): void {
  const part = `${file}.part`;
  try {
    const descriptor = openSync(part, 'w');
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(part, file);
  } catch (error) {
    removed(part);
    throw cannotWrite(file, error);
  }
}

/** The same for what is written bit by bit. @param write fills the file that it is told */
export async function wholeFile(file: string, write: (part: string) => Promise<void>): Promise<void> {
  const part = `${file}.part`;
  try {
    await write(part);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw cannotWrite(file, error);
  }
}

function removed(part: string): void {
  try {
    rmSync(part, { force: true });
  } catch {
    // Where it cannot be removed, it could not be made.
  }
}

/** What was to be written beside an answer. What fails of it is told after the answer, which it must not keep back. */
export class Keeper {
  /** The first. */
  fault: RunError | undefined;

  /** @returns whether it was written */
  keep(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** The same for what takes time. */
  async keepSoon(write: () => Promise<unknown>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  #failed(error: unknown): void {
    if (!(error instanceof RunError)) throw error;
    this.fault ??= error;
  }
}

/** What the machine lacks; everything else is a matter of the path. */
const LACKS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left there',
  EDQUOT: 'the quota is used up',
  EFBIG: 'it would be larger than files may be',
  EIO: 'the device fails',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
};

/** What is wrong with a path, and what to do about it. */
const WRONG: Readonly<Record<string, readonly [why: string, remedy: string]>> = {
  ENOENT: ['its folder does not exist', 'make the folder, or name another one'],
  ENOTDIR: ['a part of its path is a file, no folder', 'name another folder'],
  EISDIR: ['a folder has that name', 'move that folder away, or name another file'],
  EEXIST: ['it is there already', 'name another one, or move that one away'],
  EACCES: ['permission is denied', 'make it writable, or name another one'],
  EPERM: ['permission is denied', 'make it writable, or name another one'],
  EROFS: ['the file system is read-only', 'name a folder that can be written'],
  ENAMETOOLONG: ['its name is too long', 'give a shorter one'],
  ELOOP: ['its path is a circle of links', 'name another one'],
};

/** An error of the file system as one of the run. @param cause at least its code */
export function cannotWrite(file: string, cause: unknown): RunError {
  if (cause instanceof RunError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const lacks = LACKS[code];
  if (lacks !== undefined) {
    const remedy = 'make room there, or write elsewhere';
    return new EnvironmentError('CANNOT_WRITE', `${file} cannot be written: ${lacks}`, remedy, { cause });
  }
  const [why, remedy] = WRONG[code] ?? [message, 'name another one'];
  return new UsageError('CANNOT_WRITE', `${file} cannot be written: ${why}`, remedy, { cause });
}

/**
 * Before a run begins that is to write there. Nothing is made yet.
 *
 * @param what for people: the flag that names the folder
 * @throws UsageError if the folder is none, or could not be made or written
 */
export function requireFolder(what: string, folder: string): void {
  if (folder === '') throw new UsageError('CANNOT_WRITE', `${what} names no folder`, `give ${what} a name`);
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (isWritableFolder(what, at)) return;
  }
}

/** False where nothing is there. @throws UsageError if it is anything else than a folder that can be written */
function isWritableFolder(what: string, path: string): boolean {
  const found = lookedAt(what, path);
  try {
    if (found?.isDirectory()) accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw cannotWrite(`${what}: ${path}`, error);
  }
  if (found && !found.isDirectory()) throw cannotWrite(`${what}: ${path}`, { code: 'ENOTDIR' });
  return found !== undefined;
}

function lookedAt(what: string, path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw cannotWrite(`${what}: ${path}`, error);
  }
}

/**
 * The same for a file, whose folder has to be there.
 *
 * @param ours tells a file that oversell wrote, which may be written again, from one that is somebody else's
 * @throws UsageError
 */
export function requireFile(what: string, file: string, ours: (text: string) => boolean): void {
  if (file === '') throw new UsageError('CANNOT_WRITE', `${what} names no file`, `give ${what} a name`);
  const path = resolve(file);
  if (!isWritableFolder(what, dirname(path))) {
    throw cannotWrite(`${what}: ${file}`, { code: 'ENOENT' });
  }
  const found = lookedAt(what, file);
  if (found === undefined) return;
  if (found.isDirectory()) throw cannotWrite(`${what}: ${file}`, { code: 'EISDIR' });
  if (found.isFile() && ours(readFileSync(path, 'utf8'))) return;
  throw new UsageError(
    'NOT_OURS',
    `${what}: ${file} is there already, and oversell did not write it`,
    'name another file, or move that one away',
  );
}

/**
 * The same for a file to which something is added.
 * @throws UsageError
 */
export function requireAppendable(what: string, file: string): void {
  const found = lookedAt(what, file);
  if (found?.isDirectory()) throw cannotWrite(`${what}: ${file}`, { code: 'EISDIR' });
  if (found === undefined && !isWritableFolder(what, dirname(resolve(file)))) {
    throw cannotWrite(`${what}: ${file}`, { code: 'ENOENT' });
  }
  try {
    if (found) accessSync(file, constants.W_OK);
  } catch (error) {
    throw cannotWrite(`${what}: ${file}`, error);
  }
}
