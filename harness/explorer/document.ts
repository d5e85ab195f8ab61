import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { Counterexample } from '../documents/counterexample.ts';
import type { ExplorationDocument } from '../documents/exploration.ts';
import type { Exploration } from './explore.ts';

type Shown = ExplorationDocument['properties'][Property];

/**
 * The exploration as a document.
 *
 * @param files where its counterexamples were kept
 */
export function explorationDocument(
  exploration: Exploration,
  files: Partial<Record<Property, string>>,
): ExplorationDocument {
  const { audit, reductions, outcomes, interleavings, notes, ...rest } = exploration;
  const properties = Object.fromEntries(
    PROPERTIES.map((property): [Property, Shown] => {
      const { counterexample, ...found } = exploration.properties[property];
      const file = files[property] ?? null;
      return [property, { ...found, counterexample: counterexample && shown(counterexample, file) }];
    }),
  ) as Record<Property, Shown>;
  return {
    ...rest,
    properties,
    interleavings: interleavings.toString(),
    notes,
    reductions,
    outcomes: outcomes.size,
    audit,
  };
}

function shown(
  { scope, minimal, steps, atRest, schedule, message, cause, remedy }: Counterexample,
  file: string | null,
): Shown['counterexample'] {
  const { buyers, stock } = scope;
  return {
    buyers,
    stock,
    minimal,
    steps,
    ...(atRest && { atRest }),
    schedule,
    file,
    message,
    ...(cause !== undefined && { cause }),
    remedy,
  };
}
