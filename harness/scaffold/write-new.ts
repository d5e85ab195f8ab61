import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cannotWrite, requireFolder } from '../documents/write-file.ts';
import { UsageError } from '../ground/errors.ts';

/**
 * Writes files that are not there yet: all of them or none.
 *
 * @param texts by the names of their files
 * @returns their paths
 * @throws UsageError if one is there already; nothing of it is touched
 */
export function writeNew(folder: string, texts: ReadonlyMap<string, string>): string[] {
  requireFolder('--folder', folder);
  const files = [...texts].map(([name, text]): [string, string] => [join(folder, name), text]);
  const there = files.find(([file]) => existsSync(file));
  if (there) throw isThere(there[0]);
  const written: string[] = [];
  try {
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of files) {
      // Whoever makes it between the look and now keeps theirs.
      writeFileSync(file, text, { flag: 'wx' });
      written.push(file);
    }
  } catch (error) {
    for (const file of written) rmSync(file, { force: true });
    throw (error as NodeJS.ErrnoException).code === 'EEXIST'
      ? isThere(files[written.length]![0])
      : cannotWrite(files[written.length]![0], error);
  }
  return written;
}

const isThere = (file: string): UsageError =>
  new UsageError(
    'FILE_EXISTS',
    `${file} is there already, and is not overwritten`,
    'choose another name or another --folder, or move that one away',
  );
