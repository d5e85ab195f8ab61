import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { lstat, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { systemClock } from '../../ground/ambient.ts';
import type { Platform } from './platform.ts';

/** The first cache folder that we can write and that nobody else can: programs are run from there. */
export async function writableCache(machine: Platform): Promise<string | undefined> {
  for (const folder of machine.cacheFolders) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    } catch {
      continue;
    }
    if (await isOurs(folder)) return folder;
  }
  return undefined;
}

/** Whether the folder is one that only this user can have filled. */
export async function isOurs(folder: string): Promise<boolean> {
  try {
    const stats = await lstat(folder);
    const owned = process.getuid === undefined || stats.uid === process.getuid();
    return stats.isDirectory() && owned && (stats.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** Marks a folder as whole, once everything is in it. */
export async function seal(folder: string): Promise<void> {
  await writeFile(join(folder, SEAL), digest(folder));
}

/**
 * Whether the folder is as it was sealed: an interrupted copy, a full disk or a stray deletion shows here. Its files are read
 * only if something happened to one of them since they were last found whole, which `ctime` tells: whoever writes to a
 * file, replaces it or sets its times back changes that.
 */
export async function isWhole(folder: string, nowMs = systemClock.epochMs()): Promise<boolean> {
  try {
    const seen = seenFile(folder);
    const found = listing(folder);
    if ((await readFile(seen, 'utf8').catch(() => '')) === found.text) return true;
    if ((await readFile(join(folder, SEAL), 'utf8')) !== digest(folder)) return false;
    if (nowMs - found.changedMs > SETTLED_MS) await remember(seen, found.text);
    return true;
  } catch {
    return false;
  }
}

/**
 * What changed this recently is not remembered: a second change may bear the same time, and what has not reached the disk may
 * come back from a power failure with its size and times, and without its content.
 */
const SETTLED_MS = 600_000;

/** Beside the folder, which holds nothing that is not sealed, and under a name that is nobody's entry. */
const seenFile = (folder: string): string => join(dirname(folder), `seen-${basename(folder)}`);

/** Best effort: where it cannot be kept, the next run reads the files again. */
async function remember(seen: string, text: string): Promise<void> {
  const partial = `${seen}.${process.pid}`;
  await writeFile(partial, text, { mode: 0o600 })
    .then(() => rename(partial, seen))
    .catch(() => undefined);
}

/** A line for each file and link, the seal too, with all that changes when it does; and when the last of them changed. */
function listing(folder: string): { text: string; changedMs: number } {
  let changedMs = 0;
  const lines = pathsIn(folder).map((path) => {
    const { ino, mode, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    changedMs = Math.max(changedMs, Number(ctimeNs / 1_000_000n));
    return JSON.stringify([relative(folder, path), ...[ino, mode, size, mtimeNs, ctimeNs].map(String)]);
  });
  return { text: lines.join('\n'), changedMs };
}

/** Every file and link, in a fixed order. */
const pathsIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();

const SEAL = 'sha256';

/**
 * SHA-256 over the name and the content of each file and link; some 25 ms for a server with its libraries. A run
 * waits for this before anything else can begin: read through promises, each file whole, it takes five times as long.
 */
function digest(folder: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1 << 18);
  for (const path of pathsIn(folder)) {
    if (basename(path) === SEAL) continue;
    const isLink = lstatSync(path).isSymbolicLink();
    hash.update(`${relative(folder, path)}\0${isLink ? 'link' : 'file'}\0`);
    if (isLink) hash.update(readlinkSync(path));
    else for (const part of partsOf(path, buffer)) hash.update(part);
    hash.update('\0');
  }
  return hash.digest('hex');
}

/** What the file holds, piece by piece, each in the same buffer. */
function* partsOf(path: string, buffer: Buffer): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      yield buffer.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}
