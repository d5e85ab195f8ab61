import fs, { readFileSync } from 'node:fs';
import { filesIn, isOfClientLibrary } from '../../ground/client-libraries.ts';
import type { Patch } from './virtual-clocks.ts';
import { stackText } from '../../ground/thrown.ts';

/** Whether the code that asked (below the harness's own, and Node's) lies in a client library. */
export function isFromClientLibrary(stack: string): boolean {
  const [file] = filesIn(stack);
  return file !== undefined && isOfClientLibrary(file);
}

/**
 * What a client library reads, its own version, is there at once: it is the same whenever it comes, and only the first client
 * of a thread reads it.
 */
export function patchReading(patch: Patch, isExplored: () => boolean): void {
  const { promises } = fs;
  const read = promises.readFile as (...args: unknown[]) => Promise<unknown>;
  const reading = (...args: unknown[]): Promise<unknown> =>
    isExplored() && isFromClientLibrary(stackText(new Error('read')))
      ? new Promise((resolve) => resolve(readFileSync(...(args as Parameters<typeof readFileSync>))))
      : read(...args);
  patch(promises, 'readFile', reading as typeof promises.readFile);
}
