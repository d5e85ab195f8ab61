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
export function undecided({ strategies }: Result, property: Property): Told[] {
  const open = strategies.filter((strategy) =>
    partsOf(strategy).some(({ properties }) => properties[property].verdict === 'inconclusive'),
  );
  return open.length === 0 ? [] : [told(`Undecided (${property})`, list(open.map(({ name }) => name)))];
}

/** Those of which something was run, and which are not known to be wrong: controls are in no count. */
const judged = ({ strategies }: Result): StrategyResult[] =>
  strategies.filter((strategy) => !strategy.control && partsOf(strategy).length > 0);

/** "3 of 19 strategies", "none of 19 strategies"; controls aside. */
export function shareOf(result: Result, test: (strategy: StrategyResult) => boolean): string {
  const all = judged(result);
  const count = all.filter(test).length;
  return `${count === 0 ? 'none' : count} of ${strategiesText(all.length)}`;
}

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

export const partsWith = ({ strategies }: Result, property: Property) =>
  strategies.flatMap(partsOf).filter(({ properties }) => properties[property].verdict === 'violated');

export const namesWith = (
  { strategies }: Result,
  property: Property,
  environments: readonly Environment[],
): string[] =>
  strategies.filter((strategy) => breaks(strategy, property, environments)).map(({ name }) => name);

export const holdsIn = (strategy: StrategyResult, environment: Environment): boolean => {
  const parts = partsOf(strategy).filter((part) => part.environment === environment);
  const cells = parts.flatMap(({ properties }) => Object.values(properties));
  return parts.length > 0 && cells.every(({ verdict }) => verdict === 'holds' || verdict === 'n/a');
};

/** "a and b in buyer-crash, c everywhere"; empty if nobody violates it. */
export function blame({ strategies }: Result, property: Property, within?: readonly Environment[]): string {
  const places = new Map<string, string[]>();
  for (const strategy of strategies) {
    const parts = partsOf(strategy).filter(({ environment }) => within?.includes(environment) ?? true);
    const tried = new Set(parts.map(({ environment }) => environment));
    const broken = new Set(
      parts
        .filter(({ properties }) => properties[property].verdict === 'violated')
        .map(({ environment }) => environment),
    );
    if (broken.size === 0) continue;
    const where = broken.size === tried.size && tried.size > 1 ? 'everywhere' : `in ${list([...broken], 20)}`;
    const name = strategy.control ? `${strategy.name} (control)` : strategy.name;
    places.set(where, [...(places.get(where) ?? []), name]);
  }
  return [...places].map(([where, names]) => `${list(names)} ${where}`).join('; ');
}
