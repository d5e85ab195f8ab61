import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isoTime } from '../ground/ambient.ts';
import type { Counterexample } from './counterexample.ts';
import { resultSchema, type Result } from './result.ts';
import { cannotWrite, writeWhole } from './write-file.ts';

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

/** @throws ZodError if the result has not the shape that its readers rely on */
export const writeResult = (folder: string, result: Result): void =>
  writeJson(join(folder, 'result.json'), resultSchema.parse(result));

/** Writes the file that `replay` reads. */
export const writeCounterexample = (file: string, counterexample: Counterexample): void =>
  writeJson(file, counterexample);

const writeJson = (file: string, document: object): void =>
  writeWhole(file, `${JSON.stringify(document, undefined, 2)}\n`);

/** What `report --json` prints: where the reports lie, and which version the result has that they are drawn of. */
export const reportsSchema = z.strictObject({
  html: z.string(),
  markdown: z.string(),
  version: z.int().positive(),
});
export type Reports = Omit<z.infer<typeof reportsSchema>, 'version'>;
