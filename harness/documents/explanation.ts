import type { Property } from '../../strategies/contract.ts';
import { causeOf } from './causes.ts';
import { REMEDIES } from './remedies.ts';
import { once, type Remedy } from './remedy.ts';
import { toServices } from './service-words.ts';
import { pathOf, type CauseName, type Violation } from './violation-path.ts';

interface Explanation {
  cause: CauseName;
  because: string;
  remedy: string;
}

/** What brought it about, and what to do: each a sentence without its full stop. */
export function explained(violation: Violation): Explanation {
  const { name, because } = causeOf(violation);
  const remedy = sentence(remedyOf(violation, REMEDIES[name]));
  return { cause: name, because, remedy: violation.isOfService ? toServices(remedy) : remedy };
}

/** The first that is for the property and advises nothing that the code does already. */
export function remedyOf(violation: Violation, remedies: readonly Remedy[]): Remedy {
  const { property } = violation;
  const { habits } = pathOf(violation);
  const isNew = ({ advises = [] }: Remedy): boolean => !advises.some((habit) => habits.has(habit));
  const isMeant = ({ of }: Remedy): boolean => of === undefined || of.includes(property);
  return remedies.find((remedy) => isMeant(remedy) && isNew(remedy)) ?? GENERAL[property];
}

/** What to do where only samples show it. */
export const remedyFor = (property: Property): string => sentence(GENERAL[property]);

const sentence = ({ says, as, though }: Remedy): string =>
  (as === undefined ? says : `${says}, as ${as} does`) + (though === undefined ? '' : `, though ${though}`);

/** What to do about a property where no interleaving shows what broke it. */
export const GENERAL: Readonly<Record<Property, Remedy>> = {
  oversell: once(
    'check and decrement in one step that nothing can come between: WATCH over a connection of its own, or one script',
  ),
  stranded: once('record who bought in the script that takes the units, and let a sweep or a retry find it'),
  'false-refusal': once(
    'refuse only in the step that has seen too few units: never take first and give back later',
  ),
  'double-sale': once('remember the requestId in the script that takes the units'),
  'user-limit': once('check the limit in the script that takes the units'),
  'lost-sale': once('write the order in the script that takes the units, before anybody is told'),
  progress: once(
    'take the units in one step that cannot be disturbed, instead of trying again until nobody interferes',
  ),
};
