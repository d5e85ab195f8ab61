import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { EnvironmentError, UsageError } from './errors.ts';
import { onExit } from './lifetime.ts';
import { ours } from './ours.ts';

/** Where temporary folders are made. @throws UsageError if there is no such folder, or it cannot be written */
export function temporaryHome(): string {
  // Seen from the folder in which a server runs, a relative one is another.
  const home = resolve(tmpdir());
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

/** A folder that is gone when this process is, however it ends. */
export interface FolderOfRun {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Removes the folder when standard input ends: a pipe that only our process holds. A server that was killed with us may still
 * write there for a moment, so it tries again; nobody can make a file in a folder that is gone.
 */
const KEEPER = `
  trap '' INT HUP TERM
  cat >/dev/null
  tries=0
  until rm -rf "$1" 2>/dev/null || [ "$tries" -ge 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
`;

/**
 * A new folder for data of the run. @throws UsageError as temporaryHome; EnvironmentError if there is no room for one
 */
export function folderOfRun(prefix: string): FolderOfRun {
  const path = join(temporaryHome(), prefix + randomUUID().replaceAll('-', ''));
  // First: we may be killed at any time from now on.
  const keeper = keeperOf(path);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    keeper.stdin.end();
    throw noFolder(dirname(path), cause as Error);
  }
  const remove = async (): Promise<void> => {
    rmSync(path, { recursive: true, force: true, maxRetries: 10 });
    keeper.stdin.end();
    unregister();
  };
  const unregister = onExit({ release: remove });
  return { path, remove };
}

function keeperOf(path: string): ChildProcessByStdio<Writable, null, null> {
  const keeper = ours(() =>
    spawn('/bin/sh', ['-c', KEEPER, 'oversell-folder', path], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    }),
  );
  keeper.on('error', () => undefined); // then it is removed by us alone
  keeper.stdin.on('error', () => undefined);
  keeper.unref();
  return keeper;
}

const noFolder = (home: string, cause: Error): EnvironmentError =>
  new EnvironmentError(
    'NO_TEMPORARY_FOLDER',
    `no folder can be made in ${home}: ${cause.message}`,
    'make room there, or set TMPDIR to another folder',
    { cause },
  );
