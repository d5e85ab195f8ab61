import { readFileSync } from 'node:fs';
import { isHarnessFrame } from './places.ts';

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

/** A frame with the file that it lies in: Node's own have none. */
const FRAME = /^ {4}at (?:.*[ (])?(?:file:\/\/)?(\/[^()\n]*?):\d+:\d+\)?$/gm;

/** Files of a stack's frames, innermost first, without Node's and the harness's own. */
export function* filesIn(stack: string): Generator<string> {
  for (const [, file] of stack.matchAll(FRAME)) if (!isHarnessFrame(file!)) yield file!;
}
