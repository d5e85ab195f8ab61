import { REMEDIES } from '../harness/explorer/counterexample.ts';
import type { Result, StrategyResult } from '../harness/result.ts';
import { PROPERTIES } from '../strategies/contract.ts';
import { costCaption, COST_HEAD, costRow } from './cost.ts';
import { timeline } from './diagram/text.ts';
import {
  notTested,
  partsOf,
  evidenceTable,
  scopesOf,
  strategyNote,
  verdictLine,
  type Evidence,
} from './view.ts';
import { cellWord, DECLARED_MARK } from './words.ts';

/** report.md: the same answer as the screen, with the evidence for every violation. */
export function markdown(result: Result): string {
  const sections = [
    `# oversell: ${result.strategies.length} strategies\n\n**${escape(verdictLine(result))}**`,
    ...(result.findings.length > 0 ? [findingsList(result)] : []),
    matrix(result),
    ...costs(result),
    ...result.strategies.flatMap(violations),
    conditions(result),
  ];
  return `${sections.join('\n\n')}\n`;
}

function findingsList({ findings }: Result): string {
  const lines = findings.map(
    ({ strategy, environment, message }) =>
      `- **${escape([strategy, environment].filter((part) => part !== undefined).join(', '))}**: ${escape(message)}`,
  );
  return `## Why it does not pass\n\n${lines.join('\n')}`;
}

/** Properties as columns; a row per strategy and environment. */
function matrix(result: Result): string {
  const rows = result.strategies.flatMap((strategy) => {
    const note = strategyNote(strategy);
    const title = note === '' ? strategy.name : `${strategy.name} (${note})`;
    const parts = partsOf(strategy);
    if (parts.length === 0) return [[title, '–', '–', ...PROPERTIES.map(() => '–')]];
    return parts.map((part) => [
      title,
      part.environment,
      'interleavings' in part
        ? `${part.interleavings} interleavings, ${part.coverage}`
        : `${part.histories} sales, sampled`,
      ...PROPERTIES.map((property) => cellWord(property, part.properties[property])),
    ]);
  });
  return [
    '## Guarantees',
    table(['strategy', 'environment', 'covered', ...PROPERTIES], rows),
    `${escape(DECLARED_MARK)} a weakness that the strategy declares. What is violated without being declared stands in capitals.`,
  ].join('\n\n');
}

function costs({ strategies }: Result): string[] {
  const rows = strategies.flatMap(({ cost }) => (cost ? [cost] : []));
  if (rows.length === 0) return [];
  return [`## Cost\n\n${costCaption(rows)}\n\n${table(COST_HEAD, rows.map(costRow))}`];
}

/** Every violation of a strategy with what shows it. */
function violations(strategy: StrategyResult): string[] {
  const { name } = strategy;
  return partsOf(strategy).flatMap(({ environment, properties }) =>
    PROPERTIES.filter((property) => properties[property].verdict === 'violated').map((property) => {
      const { evidence } = properties[property];
      const shown = evidence.find(({ operations }) => operations.length > 0);
      const drawn = evidence.find(({ counterexample }) => counterexample)?.counterexample;
      return [
        `## ${escape(name)}: ${property} (${environment})`,
        evidence.map(({ message }) => `- ${escape(message)}`).join('\n'),
        ...(shown ? [evidenceLines(shown)] : []),
        ...(drawn
          ? [`${fenced(timeline(drawn))}\n\n\`oversell replay ${escape(drawn.file)}\` in the run's folder`]
          : []),
        `Remedy: ${REMEDIES[property]}.`,
      ].join('\n\n');
    }),
  );
}

/** Indented, so that nothing in it can end the block. */
const fenced = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n');

function evidenceLines(evidence: Evidence): string {
  const { head, rows } = evidenceTable(evidence);
  return table(head, rows);
}

function conditions(result: Result): string {
  const { machine, seed, startedAt, elapsedMs, command, status } = result;
  return [
    '## What was run',
    scopesOf(result)
      .map((line) => `- ${line}`)
      .join('\n'),
    table(
      ['', ''],
      [
        ['status', status],
        ['started', startedAt],
        ['took', `${Math.round(elapsedMs / 1000)} s`],
        ['seed', String(seed)],
        ['oversell', machine.oversell],
        ['server', machine.redis],
        ['Node', machine.node],
        ['machine', `${machine.platform}, ${machine.cpus}`],
      ],
    ),
    `Not tested here: ${notTested(result).join(', ')}.`,
    `The same again:\n\n${command.replaceAll(/^/gm, '    ')}`,
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(row)].join('\n');
}

const row = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`;

/** Names and messages come from outside: they must not become markup. */
const escape = (text: string): string => text.replaceAll(/[\\|<>*_[\]]/g, '\\$&').replaceAll('\n', ' ');
