import type { Result } from '../harness/result.ts';
import { costText } from './cost.ts';
import { textTable } from './text-table.ts';
import {
  DECLARED_MARK,
  environmentsOf,
  environmentWord,
  example,
  grouped,
  notTested,
  evidenceTable,
  purchasesOf,
  REMEDIES,
  scopesOf,
  strategyNote,
  verdictLine,
  type Example,
} from './view.ts';

/** What a person sees at the end of a run. `report`: where the rest can be read. */
export function screen(result: Result, report: string): string {
  const shown = example(result);
  const blocks = [header(result), matrix(result), ...(shown ? [exampleBlock(shown)] : []), ...costs(result)];
  return [...blocks, verdict(result, report)].join('\n\n');
}

function header(result: Result): string {
  const { machine, seed } = result;
  const versions = [`oversell ${machine.oversell}`, machine.redis, `Node ${machine.node}`, `seed ${seed}`];
  return [versions.join(' · '), ...scopesOf(result)].join('\n');
}

function matrix(result: Result): string {
  const environments = environmentsOf(result);
  const rows = result.strategies.map((strategy) => [
    strategy.name,
    ...environments.map((environment) => {
      const found = strategy.environments.find((one) => one.environment === environment);
      return found ? environmentWord(found) : '–';
    }),
    grouped(purchasesOf(strategy)),
    strategyNote(strategy),
  ]);
  const table = textTable(['strategy', ...environments, 'purchases', ''], rows, [environments.length + 1]);
  return `${table}\n  ${DECLARED_MARK} a weakness that the strategy declares`;
}

function exampleBlock({ strategy, environment, property, evidence }: Example): string {
  const { head, rows } = evidenceTable(evidence);
  const table = textTable(head, rows, [1, 2, 3, 5]).replaceAll(/^/gm, '  ');
  return [
    `How ${strategy} violates ${property} (${environment}): ${evidence.message}`,
    ...(rows.length > 0 ? [table] : []),
    `Remedy: ${REMEDIES[property]}`,
  ].join('\n');
}

function costs({ strategies }: Result): string[] {
  const rows = strategies.flatMap(({ cost }) => (cost ? [cost] : []));
  return rows.length === 0 ? [] : [costText(rows)];
}

function verdict(result: Result, report: string): string {
  const { elapsedMs, findings, command } = result;
  return [
    ...findings.map(({ strategy, environment, message }) =>
      [strategy, environment, message].filter((part) => part !== undefined).join(', '),
    ),
    `Verdict: ${verdictLine(result)}. ${Math.round(elapsedMs / 1000)} s`,
    `Not tested here: ${notTested(result).join(', ')}.`,
    `Report: ${report} · Again: ${command}`,
  ].join('\n');
}
