import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
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

/** Whether the folder is as it was sealed: an interrupted copy, a full disk or a stray deletion shows here. */
export async function isWhole(folder: string): Promise<boolean> {
  try {
    return (await readFile(join(folder, SEAL), 'utf8')) === digest(folder);
  } catch {
    return false;
  }
}

const SEAL = 'sha256';

/**
 * SHA-256 over the name and the content of each file and link; some 25 ms for a server with its libraries. Every run
 * waits for this before anything else can begin: read through promises, each file whole, it takes five times as long.
 */
function digest(folder: string): string {
  const hash = createHash('sha256');
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isDirectory() && entry.name !== SEAL)
    .map((entry) => join(entry.parentPath, entry.name));
  const buffer = Buffer.allocUnsafe(1 << 18);
  for (const path of paths.toSorted()) {
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
