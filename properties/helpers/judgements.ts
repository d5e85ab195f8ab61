import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { Verdict } from '../../harness/documents/vocabulary.ts';
import type { Judgement } from '../../harness/checkers/checker.ts';

/** The seven verdicts of a judgement. */
export const verdicts = (judgement: Judgement): Record<Property, Verdict> =>
  Object.fromEntries(PROPERTIES.map((property) => [property, judgement[property].verdict])) as Record<
    Property,
    Verdict
  >;
