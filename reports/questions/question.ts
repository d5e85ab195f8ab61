import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import type { Environment, Property } from '../../strategies/contract.ts';
import { list, strategiesText } from '../view/figures.ts';
import { partsOf } from '../view/view.ts';

/** "Stranded: a and b in retry." */
export interface Told {
  label: string;
  text: string;
}

/** One of the ten things that people ask, and what this run says to it. */
export interface Question {
  question: string;
  /** At most two sentences; none where nothing was measured. */
  answer: string[];
  /** Who, and where: folded behind the answer. */
  details: Told[];
  measured: 'yes' | 'partly' | 'no';
  /** Where in the page it is told in full. */
  anchor: string;
}

export const told = (label: string, text: string): Told => ({ label, text: text === '' ? 'none' : text });

/** A question to which this run says nothing. */
export const notMeasured = (question: string, anchor = 'matrix'): Question => ({
  question,
  answer: [],
  details: [],
  measured: 'no',
  anchor,
});

/** Cells of that property that the budget left open, if there are any: they count neither way. */
export function undecided(result: Result, property: Property): Told[] {
  const open = judged(result).filter((strategy) =>
    partsOf(strategy).some(({ properties }) => properties[property].verdict === 'inconclusive'),
  );
  return open.length === 0 ? [] : [told(`Undecided (${property})`, list(open.map(({ name }) => name)))];
}

/** Those of which something was run, and which are not known to be wrong: controls are in no count and in no list. */
export const judged = ({ strategies }: Result): StrategyResult[] =>
  strategies.filter((strategy) => !strategy.control && partsOf(strategy).length > 0);

type Test = (strategy: StrategyResult) => boolean;
const everyOne: Test = () => true;

/**
 * "3 of 19 strategies", "none of 19 strategies"; controls aside.
 * @param can of which the test can be made at all: nobody else is counted, neither as passing nor as failing
 */
export function shareOf(result: Result, test: Test, can = everyOne, which = 'that can be judged'): string {
  const all = judged(result);
  const among = all.filter(can);
  const count = among.filter(test).length || 'none';
  return among.length === all.length
    ? `${count} of ${strategiesText(all.length)}`
    : `${count} of the ${strategiesText(among.length)} ${which}`;
}

/** How many break the property there, of those of which it can be said: `n/a` is no pass. */
export const shareBreaking = (result: Result, property: Property, within?: readonly Environment[]): string =>
  shareOf(
    result,
    (one) => breaks(one, property, within),
    (one) => isDecided(one, property, within),
  );

/** Whether it is known that the strategy breaks the property there, or that it does not. */
function isDecided(strategy: StrategyResult, property: Property, within?: readonly Environment[]): boolean {
  const verdicts = partsOf(strategy)
    .filter(({ environment }) => within?.includes(environment) ?? true)
    .map(({ properties }) => properties[property].verdict);
  return verdicts.includes('violated') || (verdicts.includes('holds') && !verdicts.includes('inconclusive'));
}

/** Those to which the property says nothing there, if there are any: they count neither way. */
export function unjudged(
  result: Result,
  property: Property,
  { why, within }: { why: string; within?: readonly Environment[] },
): Told[] {
  const silent = judged(result).filter((strategy) => {
    const parts = partsOf(strategy).filter(({ environment }) => within?.includes(environment) ?? true);
    return parts.length > 0 && parts.every(({ properties }) => properties[property].verdict === 'n/a');
  });
  return silent.length === 0
    ? []
    : [
        told(
          why,
          list(
            silent.map(({ name }) => name),
            30,
          ),
        ),
      ];
}

/** Whether anything was run of it there. */
export const triedIn =
  (environment: Environment): Test =>
  (strategy) =>
    partsOf(strategy).some((part) => part.environment === environment);

/** Whether the property is violated in one of these environments, or anywhere. */
export const breaks = (
  strategy: StrategyResult,
  property: Property,
  within?: readonly Environment[],
): boolean =>
  partsOf(strategy).some(
    ({ environment, properties }) =>
      (within?.includes(environment) ?? true) && properties[property].verdict === 'violated',
  );

/** The head of an environment's column. */
export const anchorOf = (environment: Environment): string => `in-${environment}`;

export const partsWith = (result: Result, property: Property) =>
  judged(result)
    .flatMap(partsOf)
    .filter(({ properties }) => properties[property].verdict === 'violated');

export const namesWith = (
  result: Result,
  property: Property,
  environments: readonly Environment[],
): string[] =>
  judged(result)
    .filter((strategy) => breaks(strategy, property, environments))
    .map(({ name }) => name);

export const holdsIn = (strategy: StrategyResult, environment: Environment): boolean => {
  const parts = partsOf(strategy).filter((part) => part.environment === environment);
  const cells = parts.flatMap(({ properties }) => Object.values(properties));
  return (
    cells.some(({ verdict }) => verdict === 'holds') &&
    cells.every(({ verdict }) => verdict === 'holds' || verdict === 'n/a')
  );
};

/** "a and b in buyer-crash, c everywhere"; empty if nobody violates it. */
export function blame(result: Result, property: Property, within?: readonly Environment[]): string {
  const places = new Map<string, string[]>();
  for (const strategy of judged(result)) {
    const parts = partsOf(strategy).filter(({ environment }) => within?.includes(environment) ?? true);
    const tried = new Set(parts.map(({ environment }) => environment));
    const broken = new Set(
      parts
        .filter(({ properties }) => properties[property].verdict === 'violated')
        .map(({ environment }) => environment),
    );
    if (broken.size === 0) continue;
    const where = broken.size === tried.size && tried.size > 1 ? 'everywhere' : `in ${list([...broken], 20)}`;
    places.set(where, [...(places.get(where) ?? []), strategy.name]);
  }
  return [...places].map(([where, names]) => `${list(names, 20)} ${where}`).join('; ');
}
