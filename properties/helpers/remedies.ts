import { causeOf } from '../../harness/documents/causes.ts';
import { remedyOf } from '../../harness/documents/explanation.ts';
import { REMEDIES } from '../../harness/documents/remedies.ts';
import { pathOf, type Violation } from '../../harness/documents/violation-path.ts';
import type { Environment, Guarantee, Property } from '../../strategies/contract.ts';
import { registry } from '../../strategies/registry.ts';

/** What the strategy in this file declares; what cannot be violated there, because no limit is set, is as good as kept. */
export function declares(file: string, property: Property, environment: Environment): Guarantee | undefined {
  const { strategy } = registry.find((built) => built.file === file) ?? {};
  const declared = strategy?.guarantees?.[property]?.[environment];
  const needsNoLimit = property === 'user-limit' && strategy?.supports?.includes('limit');
  return declared === 'n/a' && needsNoLimit ? 'holds' : declared;
}

/** Files of built-in strategies that keep the property there. */
export const keepersOf = (property: Property, environment: Environment): string[] =>
  registry.map(({ file }) => file).filter((file) => declares(file, property, environment) === 'holds');

/** What is wrong with what the author of the code is told; nothing where it is right. */
export function badAdvice(violation: Violation, environment: Environment, table = REMEDIES): string[] {
  const { property } = violation;
  const { name, because } = causeOf(violation);
  const { habits } = pathOf(violation);
  const remedy = remedyOf(violation, table[name]);
  const keepers = keepersOf(property, environment);
  return [
    ...(/undefined|\bnull\b|NaN/.test(because) ? [`${name} is told as "${because}"`] : []),
    ...(remedy.advises ?? []).flatMap((habit) => (habits.has(habit) ? [`it does ${habit} already`] : [])),
    ...(remedy.as === undefined && keepers.length > 0
      ? [`nobody is named, and ${keepers[0]} keeps ${property} in ${environment}`]
      : []),
    ...(remedy.as !== undefined && !keepers.includes(remedy.as)
      ? [`${remedy.as} does not keep ${property} in ${environment}`]
      : []),
  ];
}
