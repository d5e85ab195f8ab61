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
  const folder = packageFolder(file);
  if (folder === undefined) return false;
  const found = known.get(folder) ?? isClientLibrary(manifestIn(folder).name ?? '');
  known.set(folder, found);
  return found;
}

export const isClientLibrary = (name: string): boolean => LIBRARIES.test(name);

/** The folder of the installed package that a file belongs to. */
export const packageFolder = (file: string): string | undefined =>
  /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];

interface Manifest {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** What a package says of itself; nothing if that cannot be read. */
export function manifestIn(folder: string): Manifest {
  try {
    return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Manifest;
  } catch {
    return {};
  }
}

/** A frame with the file that it lies in: Node's own have none. */
const FRAME = /^ {4}at (?:.*[ (])?(?:file:\/\/)?(\/[^()\n]*?):\d+:\d+\)?$/gm;

/** Files of a stack's frames, innermost first, without Node's and the harness's own. */
export function* filesIn(stack: string): Generator<string> {
  for (const [, file] of stack.matchAll(FRAME)) if (!isHarnessFrame(file!)) yield file!;
}
