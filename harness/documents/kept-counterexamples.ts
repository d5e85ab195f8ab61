import { join } from 'node:path';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { Counterexample } from './counterexample.ts';
import { writeCounterexample } from './run-folder.ts';
import type { Keeper } from './write-file.ts';

/** Where the counterexample of each property lies. */
export type CounterexampleFiles = Partial<Record<Property, string>>;

/** @param keeper knows of those that could not be written */
export function keepCounterexamples(
  properties: Readonly<Record<Property, { counterexample: Counterexample | null }>>,
  folder: () => string,
  keeper: Keeper,
): CounterexampleFiles {
  const files: CounterexampleFiles = {};
  for (const property of PROPERTIES) {
    const { counterexample } = properties[property];
    if (!counterexample) continue;
    keeper.keep(() => {
      const file = join(folder(), `${counterexample.strategy}-${property}.json`);
      writeCounterexample(file, counterexample);
      files[property] = file;
    });
  }
  return files;
}
