import { lstat, mkdir } from 'node:fs/promises';
import type { Machine } from './machine.ts';

/** The first cache folder that we can write and that nobody else can: programs are run from there. */
export async function writableCache(machine: Machine): Promise<string | undefined> {
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
