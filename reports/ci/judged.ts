import { dirname, join } from 'node:path';
import type { ExplorationDocument } from '../../harness/documents/exploration.ts';
import type { Finding, Result, StrategyResult } from '../../harness/documents/result.ts';
import type { Verdict } from '../../harness/documents/vocabulary.ts';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { Interleaving } from '../diagram/lanes.ts';
import { counterexampleText } from '../text/explore.ts';
import { plural } from '../view/figures.ts';
import { partsOf } from '../view/view.ts';

/** One verdict as services for continuous integration take them. */
export interface Judged {
  strategy: string;
  /** Where it was tried: an environment and how much of it was covered, or the scope of an exploration. */
  where: string;
  /** A property, or `control` for one that was not caught. */
  what: Property | 'control';
  verdict: Verdict;
  /** Whether it keeps the run from passing. */
  fails: boolean;
  /** Why, in one sentence; empty where there is nothing to tell. */
  message: string;
  /** The counterexample as text. */
  details?: string;
  /** Where in the user's code the last command of the counterexample was sent. */
  at?: { file: string; line: number };
}

/** The verdicts of explorations: nothing is declared there. */
export const judgedOfExplorations = (explorations: readonly ExplorationDocument[]): Judged[] =>
  explorations.flatMap((exploration) =>
    PROPERTIES.map((property) => {
      const { verdict, counterexample } = exploration.properties[property];
      const { strategy, path } = exploration;
      const fails = verdict === 'violated' || verdict === 'inconclusive';
      const judged = { strategy, where: whereOf(exploration), what: property, verdict, fails };
      if (!counterexample) return { ...judged, message: '' };
      const { buyers, stock, message, ...shown } = counterexample;
      const at = lastSentFrom(shown.steps, path);
      return {
        ...judged,
        message,
        details: counterexampleText({ ...shown, message, property, scope: { buyers, stock } }),
        ...(at && { at }),
      };
    }),
  );

const whereOf = ({ scope: { buyers, stock, faults } }: ExplorationDocument): string => {
  const budgets = Object.entries(faults).flatMap(([name, budget]) =>
    budget > 0 ? [`${name}=${budget}`] : [],
  );
  return [plural(buyers, 'buyer'), plural(stock, 'unit'), ...budgets].join(', ');
};

/** The verdicts of a run. Those that are as the strategy declares pass. */
export const judgedOfResult = ({ strategies, findings }: Result): Judged[] =>
  strategies.flatMap((strategy) => {
    const own = findings.filter((finding) => finding.strategy === strategy.name);
    return [
      ...partsOf(strategy).flatMap((part) =>
        PROPERTIES.map((property) => judgedCell(strategy, part, property, own)),
      ),
      ...own.filter(({ kind }) => kind === 'control-not-caught').map(ofControl),
    ];
  });

function judgedCell(
  { name, file }: StrategyResult,
  { environment, coverage, properties }: ReturnType<typeof partsOf>[number],
  property: Property,
  findings: readonly Finding[],
): Judged {
  const { verdict, evidence } = properties[property];
  const finding = findings.find(
    (one) =>
      one.environment === environment &&
      one.property === property &&
      (one.kind === 'weakness-not-shown') === (verdict === 'holds'),
  );
  const shown = evidence.find(({ counterexample }) => counterexample)?.counterexample;
  const at = shown && lastSentFrom(shown.steps, file);
  return {
    strategy: name,
    where: `${environment}, ${coverage}`,
    what: property,
    verdict,
    fails: finding !== undefined,
    message: evidence[0]?.message ?? finding?.message ?? '',
    ...(at && { at }),
  };
}

const ofControl = ({ strategy, message }: Finding): Judged => ({
  strategy,
  where: 'the whole run',
  what: 'control',
  verdict: 'holds',
  fails: true,
  message,
});

/** Paths of steps start at the folder of the strategy's file. */
function lastSentFrom(steps: Interleaving['steps'], path: string | undefined): Judged['at'] {
  const source = steps.findLast((step) => step.source)?.source;
  return (
    source && { file: path === undefined ? source.file : join(dirname(path), source.file), line: source.line }
  );
}
