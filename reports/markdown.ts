import { explained, remedyFor } from '../harness/documents/explanation.ts';
import type { Result, StrategyResult } from '../harness/documents/result.ts';
import { NO_VERDICTS } from '../harness/documents/vocabulary.ts';
import type { Environment } from '../strategies/contract.ts';
import { costTable } from './view/cost.ts';
import { timeline } from './diagram/text.ts';
import { answer } from './view/safety.ts';
import { matrixOf, type MatrixCell } from './view/matrix.ts';
import {
  evidenceTable,
  example,
  notTested,
  partsOf,
  exploredScopes,
  strategyNote,
  verdictLine,
  type Example,
} from './view/view.ts';
import { BY_GRAVITY, cellWord, DECLARED_MARK, kindOf, worstOf, type Kind } from './view/words.ts';

/** report.md: what a pull request has room for; report.html has the rest. */
export function markdown(result: Result): string {
  const sections = [
    `# oversell: ${result.strategies.length} strategies\n\n**${escape(verdictLine(result))}**`,
    escape(answer(result).join(' ')),
    ...(result.findings.length > 0 ? [findingsList(result)] : []),
    matrix(result),
    ...costs(result),
    ...shown(result).map(violation),
    conditions(result),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** Most findings and violations that are told. */
const MOST_FINDINGS = 20;
const MOST_SHOWN = 3;

function findingsList({ findings }: Result): string {
  const lines = findings
    .slice(0, MOST_FINDINGS)
    .map(
      ({ strategy, environment, message }) =>
        `- **${escape([strategy, environment].filter((part) => part !== undefined).join(', '))}**: ${escape(message)}`,
    );
  const more = findings.length - lines.length;
  return `## Why it does not pass\n\n${[...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')}`;
}

/** The worst that each strategy showed in each environment, explored or sampled; those that hold most first. */
function matrix(result: Result): string {
  const { columns, rows } = matrixOf(result);
  const tried = columns.flatMap((column, i) =>
    column.tried ? [{ environment: column.environment, i }] : [],
  );
  const words = rows.map(({ strategy, cells }) => {
    const note = strategyNote(strategy);
    return [
      note === '' ? strategy.name : `${strategy.name} (${note})`,
      ...tried.map(({ environment, i }) => wordOf(strategy, environment, cells[i]!)),
    ];
  });
  return [
    '## Guarantees',
    table(['strategy', ...tried.map(({ environment }) => environment)], words),
    `${escape(DECLARED_MARK)} a weakness that the strategy declares. What is violated without being declared stands in capitals.`,
    Object.entries(NO_VERDICTS)
      .map(([word, meaning]) => `${word}: ${meaning}`)
      .join('. ')
      .concat('.'),
  ].join('\n\n');
}

function wordOf(strategy: StrategyResult, environment: Environment, cell: MatrixCell): string {
  const parts = partsOf(strategy).filter((part) => part.environment === environment);
  const worst = worstOf(parts.map(({ properties }) => properties));
  return worst ? cellWord(worst.property, worst.cell) : cell.state;
}

function costs(result: Result): string[] {
  const measured = costTable(result);
  if (!measured) return [];
  const { caption, head, rows } = measured;
  return [`## Cost\n\n${escape(caption)}\n\n${table(head, rows)}`];
}

type Shown = Omit<Example, 'rank'>;

/** Where the contrary is declared, then where nothing is; if there is nothing of the kind, what the screen shows. */
function shown(result: Result): Shown[] {
  const found = (['contradicted', 'undeclared'] as const).flatMap((kind) =>
    result.strategies.flatMap((strategy) => violationsOf(strategy, kind)),
  );
  if (found.length > 0) return found.slice(0, MOST_SHOWN);
  const one = example(result);
  return one ? [one] : [];
}

/** Each property once, however many environments break it. */
function violationsOf(strategy: StrategyResult, kind: Kind): Shown[] {
  return BY_GRAVITY.flatMap((property) => {
    const part = partsOf(strategy).find(({ properties }) => kindOf(properties[property]) === kind);
    const evidence = part?.properties[property].evidence[0];
    if (!part || !evidence) return [];
    return [{ strategy: strategy.name, environment: part.environment, property, evidence }];
  });
}

function violation({ strategy, environment, property, evidence }: Shown): string {
  const { message, operations, counterexample } = evidence;
  const why = counterexample && explained({ property, message, steps: counterexample.steps });
  return [
    `## ${escape(strategy)}: ${property} (${environment})`,
    escape(message),
    ...(operations.length > 0 ? [evidenceLines(evidence)] : []),
    ...(counterexample
      ? [indented([...timeline(counterexample), '', `oversell replay ${counterexample.file}`])]
      : []),
    ...(why ? [`Cause: ${escape(why.because)}.`] : []),
    `Remedy: ${why?.remedy ?? remedyFor(property)}.`,
  ].join('\n\n');
}

/** Nothing in it can end the block: every line is indented, also of what comes from outside. */
const indented = (lines: readonly string[]): string => lines.join('\n').replaceAll(/^(?=.)/gm, '    ');

function evidenceLines(evidence: Shown['evidence']): string {
  const { head, rows } = evidenceTable(evidence);
  return table(head, rows);
}

function conditions(result: Result): string {
  const { machine, seed, elapsedMs, command, status } = result;
  return [
    '## What was run',
    [
      ...exploredScopes(result),
      `${status}, ${Math.round(elapsedMs / 1000)} s, seed ${seed}, oversell ${machine.oversell}, ${machine.redis}, Node ${machine.node}, ${machine.platform}, ${machine.cpus}`,
      `Not tested here: ${notTested(result).join(', ') || 'nothing was left out'}`,
      ...(result.notRun ? [`Not run in this profile: ${result.notRun.join(', ')}`] : []),
    ]
      .map((line) => `- ${escape(line)}`)
      .join('\n'),
    `The same again; report.html beside this file has everything:\n\n${indented([command])}`,
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(row)].join('\n');
}

const row = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`;

/** Names and messages come from outside: they must not become markup. */
const escape = (text: string): string => text.replaceAll(/[\\|<>*_[\]`]/g, '\\$&').replaceAll('\n', ' ');
