import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../ground/ambient.ts';
import { EnvironmentError, RunError, UsageError } from '../ground/errors.ts';
import { loadPackage } from '../ground/optional-packages.ts';

/** Where a storefront keeps what has to survive it. */
export interface DataFolder {
  /** The private Redis writes its append-only file here. */
  redis: string;
  database: string;
  /** From now on the folder is a server's, too, until its watcher is gone, which ends it. */
  serverStarted(watcherPid: number): void;
  release(): void;
}

/** Who has the folder, for people; and the server that may still be ending after its storefront was killed. */
interface Owners {
  storefront: number;
  redisWatcher?: number;
}

/** How long a Redis may take to end whose storefront was killed. */
const ENDING_MS = 10_000;

/**
 * Takes the folder for this process. Two servers that append to one file would lose both sales.
 * @throws UsageError if another process has it; EnvironmentError if it cannot be written
 */
export async function takeDataFolder(path: string): Promise<DataFolder> {
  const folder = resolve(path);
  const file = join(folder, 'owners.json');
  let unlock: () => void;
  try {
    mkdirSync(join(folder, 'redis'), { recursive: true, mode: 0o700 });
    unlock = await lock(join(folder, 'lock.db'));
  } catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_BUSY') throw inUse(folder, readOwners(file));
    if (error instanceof RunError) throw error;
    throw new EnvironmentError(
      'DATA_FOLDER',
      `--data: ${folder} cannot be used: ${(error as Error).message}`,
      'give a folder that can be written',
      { cause: error },
    );
  }
  await ended(readOwners(file)?.redisWatcher);
  const own = (owners: Owners): void => writeFileSync(file, JSON.stringify(owners));
  own({ storefront: process.pid });
  return {
    redis: join(folder, 'redis'),
    database: join(folder, 'orders.db'),
    serverStarted: (redisWatcher) => own({ storefront: process.pid, redisWatcher }),
    release: () => {
      rmSync(file, { force: true });
      unlock();
    },
  };
}

/**
 * A lock of the operating system's, by way of a database that nobody else uses: it goes with the process, however that
 * ends.
 */
async function lock(file: string): Promise<() => void> {
  const { default: Database } = await loadPackage('libsql', () => import('libsql'));
  const database = new Database(file);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw error;
  }
  return () => void database.close();
}

const inUse = (folder: string, owners: Owners | undefined): UsageError =>
  new UsageError(
    'DATA_IN_USE',
    `--data: ${folder} belongs to a storefront that runs (process ${owners?.storefront ?? 'unknown'})`,
    'end that one first, or give another folder',
  );

/** Waits until the server of a storefront that was killed has ended, too. */
async function ended(watcher: number | undefined): Promise<void> {
  if (watcher === undefined) return;
  // After that, the number is that of another process.
  for (let waitedMs = 0; waitedMs < ENDING_MS && isRunning(watcher); waitedMs += 20)
    await systemClock.sleep(20);
}

function readOwners(file: string): Owners | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owners;
  } catch {
    return undefined; // there is none, or it was left half written
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** One that was killed, and that nobody has waited for yet. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
