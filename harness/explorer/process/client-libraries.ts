import fs, { readFileSync } from 'node:fs';
import { isHarnessFrame } from '../../ground/places.ts';
import type { Patch } from './virtual-clocks.ts';

/**
 * Packages that speak to Redis for the code. They keep nothing of a sale from one client to the next, draw chance only to
 * spread what they do in time and to name their clients in metrics, and read the clock only to measure.
 */
const LIBRARIES = /^(ioredis|iovalkey|redis|@redis\/[\w-]+)$/;

/** By the folder of a package, whatever that is called: who has two of them gives one an alias. */
const known = new Map<string, boolean>();

/** Whether a file belongs to a client library. */
export function isOfClientLibrary(file: string): boolean {
  const folder = /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
  if (folder === undefined) return false;
  const found = known.get(folder) ?? LIBRARIES.test(nameIn(folder));
  known.set(folder, found);
  return found;
}

function nameIn(folder: string): string {
  try {
    return (JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { name?: string }).name ?? '';
  } catch {
    return '';
  }
}

/** Whether the code that asked (below the harness's own, and Node's) lies in a client library. */
export function isFromClientLibrary(stack: string): boolean {
  for (const [, file] of stack.matchAll(FRAME)) if (!isHarnessFrame(file!)) return isOfClientLibrary(file!);
  return false;
}

/** A frame with the file that it lies in: Node's own have none. */
const FRAME = /^ {4}at .*?(?:file:\/\/)?(\/[^()\n]*?):\d+:\d+\)?$/gm;

/**
 * What a client library reads, its own version, is there at once: it is the same whenever it comes, and only the first client
 * of a thread reads it.
 */
export function patchReading(patch: Patch, isExplored: () => boolean): void {
  const { promises } = fs;
  const read = promises.readFile as (...args: unknown[]) => Promise<unknown>;
  const reading = (...args: unknown[]): Promise<unknown> =>
    isExplored() && isFromClientLibrary(new Error('read').stack ?? '')
      ? new Promise((resolve) => resolve(readFileSync(...(args as Parameters<typeof readFileSync>))))
      : read(...args);
  patch(promises, 'readFile', reading as typeof promises.readFile);
}
