import { accessSync, constants, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError, UsageError } from './errors.ts';

/** Where temporary folders are made. @throws UsageError if there is no such folder, or it cannot be written */
export function temporaryHome(): string {
  const home = tmpdir();
  try {
    if (!statSync(home).isDirectory()) throw unusable(home, 'is no folder');
    accessSync(home, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw unusable(home, missing ? 'does not exist' : 'cannot be written', error);
  }
  return home;
}

const unusable = (home: string, what: string, cause?: unknown): UsageError =>
  new UsageError(
    'NO_TEMPORARY_FOLDER',
    `the folder for temporary files, ${home}, ${what}`,
    'make it, or set TMPDIR to another one',
    { cause },
  );

/** A new folder there. @throws UsageError as temporaryHome; EnvironmentError if there is no room for one */
export function temporaryFolder(prefix: string): string {
  const home = temporaryHome();
  try {
    return mkdtempSync(join(home, prefix));
  } catch (cause) {
    const { message } = cause as Error;
    throw new EnvironmentError(
      'NO_TEMPORARY_FOLDER',
      `no folder can be made in ${home}: ${message}`,
      'make room there, or set TMPDIR to another folder',
      { cause },
    );
  }
}
