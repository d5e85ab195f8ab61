import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isoTime } from '../ground/ambient.ts';
import type { Counterexample } from './counterexample.ts';
import { asFile, cannotWrite, writeWhole } from './write-file.ts';

/**
 * Creates the folder of one run, `<base>/<start>-<seed>`, so that runs sort by their start.
 *
 * @returns its path
 * @throws UsageError or EnvironmentError if it cannot be made
 */
export function createRunFolder(base: string, startedAtMs: number, seed: number): string {
  const folder = join(base, `${isoTime(startedAtMs).replaceAll(/[-:]/g, '')}-${seed}`);
  try {
    mkdirSync(base, { recursive: true });
    mkdirSync(folder); // without `recursive` a folder that somebody else writes to is an error
  } catch (error) {
    throw cannotWrite(folder, error);
  }
  return folder;
}

/** The folder of a run: it is named now, and made when there is something to put into it. */
export function folderOnDemand(runs: string, startedAtMs: number, seed: number): () => string {
  let folder: string | undefined;
  return () => (folder ??= createRunFolder(runs, startedAtMs, seed));
}

/** Writes the file that `replay` reads. */
export const writeCounterexample = (file: string, counterexample: Counterexample): void =>
  writeWhole(file, asFile(counterexample));
