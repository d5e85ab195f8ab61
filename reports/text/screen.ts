import { explained, remedyFor } from '../../harness/documents/explanation.ts';
import type { Result } from '../../harness/documents/result.ts';
import { costTable } from '../view/cost.ts';
import { declaration } from './declaration.ts';
import { grouped, interleavingsText } from '../view/figures.ts';
import { textTable } from './text-table.ts';
import { timeline } from '../diagram/text.ts';
import {
  environmentsOf,
  coverageOf,
  withCoverage,
  example,
  EXPLORED_TITLE,
  exploredIn,
  interleavingsOf,
  leavesOpen,
  notTested,
  evidenceTable,
  purchasesOf,
  exploredScopes,
  strategyNote,
  verdictLine,
  type Example,
} from '../view/view.ts';
import { DECLARED_MARK, environmentWord } from '../view/words.ts';

/**
 * What a person sees at the end of a run.
 *
 * @param report where the rest can be read, if it could be written
 * @param columns of the window
 */
export function screen(result: Result, report: string | undefined, columns?: number): string {
  const shown = example(result);
  const blocks = [
    header(result),
    ...exploredMatrix(result),
    ...sampledMatrix(result),
    ...(shown ? [exampleBlock(shown, columns)] : []),
    ...costs(result),
  ];
  return [...blocks, ...declarations(result), verdict(result, report)].join('\n\n');
}

function header(result: Result): string {
  const { machine, seed } = result;
  const versions = [`oversell ${machine.oversell}`, machine.redis, `Node ${machine.node}`, `seed ${seed}`];
  return versions.join(' · ');
}

/** The headline: what every interleaving of a small sale came to. */
function exploredMatrix(result: Result): string[] {
  const environments = exploredIn(result);
  if (environments.length === 0) return [];
  const rows = result.strategies.map((strategy) => [
    strategy.name,
    ...environments.map((environment) => {
      const found = strategy.explored.find((one) => one.environment === environment);
      return found ? environmentWord(found) : '–';
    }),
    interleavingsText(interleavingsOf(strategy)),
    strategy.notExplored === undefined ? strategyNote(strategy) : `not explored: ${strategy.notExplored}`,
  ]);
  const table = textTable(['strategy', ...environments, 'interleavings', ''], rows, [
    environments.length + 1,
  ]);
  const mark = `${DECLARED_MARK} a weakness that the strategy declares; its counterexample is saved`;
  return [`${EXPLORED_TITLE}\n\n${table}\n  ${mark}; coverage: ${coverageOf(result)}`];
}

/** Large sales under real concurrency: a sample of what can happen. */
function sampledMatrix(result: Result): string[] {
  const environments = environmentsOf(result);
  if (environments.length === 0 && exploredIn(result).length > 0) return [];
  const rows = result.strategies.map((strategy) => [
    strategy.name,
    ...environments.map((environment) => {
      const found = strategy.environments.find((one) => one.environment === environment);
      return found ? environmentWord(found) : '–';
    }),
    grouped(purchasesOf(strategy)),
    strategy.notSold === undefined ? strategyNote(strategy) : `not sold: ${strategy.notSold}`,
  ]);
  const table = textTable(['strategy', ...environments, 'purchases', ''], rows, [environments.length + 1]);
  return [
    [...exploredScopes(result), '', table, `  ${DECLARED_MARK} a weakness that the strategy declares`].join(
      '\n',
    ),
  ];
}

function exampleBlock(
  { strategy, environment, property, evidence }: Example,
  columns: number | undefined,
): string {
  const { counterexample } = evidence;
  if (counterexample) {
    const { steps } = counterexample;
    const { because, remedy } = explained({ property, message: evidence.message, steps });
    return [
      `How ${strategy} violates ${property} (${environment}): ${evidence.message}`,
      ...timeline(counterexample, columns),
      `Cause: ${because}.`,
      `Remedy: ${remedy}.`,
    ].join('\n');
  }
  const { head, rows } = evidenceTable(evidence);
  const table = textTable(head, rows, [1, 2, 3, 5]).replaceAll(/^/gm, '  ');
  return [
    `How ${strategy} violates ${property} (${environment}): ${evidence.message}`,
    ...(rows.length > 0 ? [table] : []),
    `Remedy: ${remedyFor(property)}.`,
  ].join('\n');
}

/** Under `--discover`: what was found of strategies that do not declare it, to paste. */
function declarations({ discover, strategies }: Result): string[] {
  if (!discover) return [];
  return strategies.filter(leavesOpen).flatMap(({ name, explored }) => {
    if (explored.length === 0) return [`Nothing is known for sure of ${name}, because it was not explored.`];
    const found = explored.map(({ environment, coverage, properties }) => ({
      environment,
      properties: withCoverage(properties, coverage),
    }));
    return [`What ${name} guarantees, to paste into it:\n\n${declaration(found).replaceAll(/^/gm, '  ')}`];
  });
}

function costs(result: Result): string[] {
  const measured = costTable(result);
  if (!measured) return [];
  const { caption, head, rows } = measured;
  const words = head.length - 1;
  const figures = head.flatMap((_, column) => (column > 0 && column < words ? [column] : []));
  return [`${caption}\n${textTable(head, rows, figures)}`];
}

function verdict(result: Result, report: string | undefined): string {
  const { elapsedMs, findings, command } = result;
  return [
    ...findings.map(({ strategy, environment, message }) =>
      [strategy, environment, message].filter((part) => part !== undefined).join(', '),
    ),
    ...discovery(result),
    `Verdict: ${verdictLine(result)}. ${Math.round(elapsedMs / 1000)} s`,
    `Not tested here: ${notTested(result).join(', ')}.`,
    ...(result.notRun ? [`Not run: ${result.notRun.join(', ')} (--profile full).`] : []),
    `${report === undefined ? '' : `Report: ${report} · `}Again: ${command}`,
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
