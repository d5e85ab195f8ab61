import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import type { Environment } from '../../strategies/contract.ts';
import { costTable } from '../view/cost.ts';
import { withoutVerdict } from '../view/matrix.ts';
import { grouped, plural } from '../view/figures.ts';
import {
  coverageOf,
  environmentsOf,
  example,
  EXPLORED_TITLE,
  exploredIn,
  exploredScopes,
  interleavingsOf,
  leavesOpen,
  notTested,
  purchasesOf,
  strategyNote,
  verdictLine,
  withCoverage,
} from '../view/view.ts';
import { DECLARED_MARK } from '../view/words.ts';
import { declaration } from './declaration.ts';
import { exampleText } from './example.ts';
import { matrix, type MatrixRow } from './matrix.ts';
import { ordersText } from './orders.ts';
import { ownClientsText } from './own-clients.ts';
import { textTable } from './text-table.ts';
import { foundWord } from './verdicts.ts';
import { ink, PAPER, type Window } from './window.ts';

/** What a run is going to do: it gives the tables their columns before there is a row. */
export interface ScreenPlan {
  /** Names of strategies. */
  strategies: readonly string[];
  /** Environments of which every interleaving is run. */
  explored: readonly Environment[];
  /** Those of which large sales are recorded. */
  sampled: readonly Environment[];
}

/** How far a run is: strategies that are done with. */
export interface SoFar {
  explored: number;
  sampled: number;
}

/**
 * What a person sees at the end of a run.
 *
 * @param report where the rest can be read, if it could be written
 */
export function screen(
  result: Result,
  report: string | undefined,
  window: Window = PAPER,
  plan: ScreenPlan = planOf(result),
): string {
  const all = { explored: Infinity, sampled: Infinity };
  const blocks = [...found(result, all, plan, window), ...costs(result, window)];
  return [...blocks, ...declarations(result), verdict(result, report, window)].join('\n\n');
}

/** The beginning of that, as far as it is known. */
export const screenSoFar = (result: Result, soFar: SoFar, plan: ScreenPlan, window: Window): string =>
  found(result, soFar, plan, window).join('\n\n');

const planOf = (result: Result): ScreenPlan => ({
  strategies: result.strategies.map(({ name }) => name),
  explored: exploredIn(result),
  sampled: environmentsOf(result),
});

function found(result: Result, soFar: SoFar, plan: ScreenPlan, window: Window): string[] {
  const isExplored = soFar.explored >= plan.strategies.length;
  const isSampled = isExplored && soFar.sampled >= plan.strategies.length;
  return [
    header(result),
    ...exploredMatrix(result, soFar.explored, plan, window),
    ...(isExplored ? sampledMatrix(result, soFar.sampled, plan, window) : []),
    ...(isSampled ? exampleText(example(result), window) : []),
  ];
}

function header(result: Result): string {
  const { machine, seed } = result;
  const versions = [`oversell ${machine.oversell}`, machine.redis, `Node ${machine.node}`, `seed ${seed}`];
  return versions.join(' · ');
}

/** The headline: what every interleaving of a small sale came to. */
function exploredMatrix(result: Result, done: number, plan: ScreenPlan, window: Window): string[] {
  const strategies = result.strategies.slice(0, done);
  if (plan.explored.length === 0 || strategies.length === 0) return [];
  const rows = strategies.map((strategy): MatrixRow => {
    const { name, explored, notExplored, clients } = strategy;
    return {
      name,
      words: plan.explored.map((environment) => wordOf({ strategy, parts: explored, environment }, window)),
      amount: ordersText(
        interleavingsOf(strategy),
        explored.reduce((sum, { states }) => sum + states, 0),
      ),
      // What large sales show comes later.
      note: [
        notExplored === undefined
          ? strategyNote({ ...strategy, environments: [] })
          : `not explored: ${notExplored}`,
        clients ? ownClientsText(clients) : '',
      ]
        .filter((part) => part !== '')
        .join('; '),
    };
  });
  const table = matrix({ names: plan.strategies, environments: plan.explored }, rows, window);
  const mark = `${DECLARED_MARK} a weakness that the strategy declares; its counterexample is saved`;
  const rest = done >= plan.strategies.length ? [`  ${mark}; coverage: ${coverageOf(result)}`] : [];
  return [EXPLORED_TITLE, [table, ...rest].join('\n')];
}

const SAMPLED_TITLE = 'Large sales under real concurrency, in the orders that happened to occur';

/** A sample of what can happen. */
function sampledMatrix(result: Result, done: number, plan: ScreenPlan, window: Window): string[] {
  const strategies = result.strategies.slice(0, done);
  const isShownAlready = plan.sampled.length === 0 && plan.explored.length > 0;
  if (isShownAlready || strategies.length === 0) return [];
  const rows = strategies.map((strategy): MatrixRow => {
    const { name, environments, notSold } = strategy;
    return {
      name,
      words: plan.sampled.map((environment) =>
        wordOf({ strategy, parts: environments, environment }, window),
      ),
      amount: plural(purchasesOf(strategy), 'purchase'),
      note: notSold === undefined ? strategyNote(strategy) : `not sold: ${notSold}`,
    };
  });
  const table = matrix({ names: plan.strategies, environments: plan.sampled }, rows, window);
  const mark = `  ${DECLARED_MARK} a weakness that the strategy declares`;
  const rest =
    done >= plan.strategies.length ? [mark, ...exploredScopes(result).map((line) => `  ${line}`)] : [];
  return [SAMPLED_TITLE, [table, ...rest].join('\n')];
}

interface Place {
  strategy: StrategyResult;
  /** All that was found in the same table of that strategy. */
  parts: StrategyResult['explored'] | StrategyResult['environments'];
  environment: Environment;
}

function wordOf({ strategy, parts, environment }: Place, window: Window): string {
  const part = parts.find((one) => one.environment === environment);
  // A result of this version names what is not supported: nothing need be concluded from what others tried.
  return part ? foundWord(part, window) : ink(window, 'quiet', withoutVerdict(strategy, environment, []));
}

function costs(result: Result, window: Window): string[] {
  const measured = costTable(result);
  if (!measured) return [];
  const { caption, head, rows } = measured;
  const words = head.length - 1;
  const figures = head.flatMap((_, column) => (column > 0 && column < words ? [column] : []));
  return [`${caption}\n${textTable(head, rows, figures, window)}`];
}

/** Under `--discover`: what was found of strategies that do not declare it, to paste. */
function declarations({ discover, strategies }: Result): string[] {
  if (!discover) return [];
  return strategies.filter(leavesOpen).flatMap(({ name, explored }) => {
    if (explored.length === 0) return [`Nothing is known for sure of ${name}, because it was not explored.`];
    const cells = explored.map(({ environment, coverage, properties }) => ({
      environment,
      properties: withCoverage(properties, coverage),
    }));
    return [`What ${name} guarantees, to paste into it:\n\n${declaration(cells).replaceAll(/^/gm, '  ')}`];
  });
}

function verdict(result: Result, report: string | undefined, window: Window): string {
  const { elapsedMs, findings, command, notRun } = result;
  return [
    ...findings.map(({ strategy, environment, message }) =>
      ink(window, 'bad', [strategy, environment, message].filter((part) => part !== undefined).join(', ')),
    ),
    ...discovery(result),
    `${ink(window, 'strong', `Verdict: ${verdictLine(result)}.`)} ${grouped(elapsedMs / 1000)} s`,
    `Not tested here: ${notTested(result).join(', ')}.`,
    ...(notRun ? [`Not run: ${notRun.join(', ')} (--profile full).`] : []),
    ...(report === undefined ? [] : [`Report: ${report}`]),
    `Again: ${command}`,
  ].join('\n');
}

/** What to do about strategies of which nobody has said what they guarantee. */
function discovery({ discover, strategies, findings }: Result): string[] {
  const names = strategies.filter(leavesOpen).map(({ name }) => name);
  if (discover || !findings.some(({ strategy }) => names.includes(strategy))) return [];
  return [
    `What a strategy does not declare has to hold. --discover prints what ${names.join(', ')} guarantees instead, to be pasted.`,
  ];
}
