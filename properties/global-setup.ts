import type { TestProject } from 'vitest/node';
import { freshSeed } from '../harness/ground/ambient.ts';

declare module 'vitest' {
  interface ProvidedContext {
    seed: number;
  }
}

/** One seed for the whole run, printed before anything else, so that any failure can be repeated. */
export function setup(project: TestProject): void {
  const given = process.env['OVERSELL_SEED'];
  const seed = given === undefined ? freshSeed() : Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`OVERSELL_SEED is "${given}": give a whole number`);
  process.stderr.write(`seed ${seed} (OVERSELL_SEED=${seed} repeats this run)\n`);
  project.provide('seed', seed);
}
