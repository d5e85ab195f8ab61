import { ENVIRONMENTS, PROPERTIES, type Guarantees } from '../../strategies/contract.ts';
import type { Registration } from '../../strategies/registry.ts';
import type { CheckResult } from '../../harness/documents/judgement.ts';
import type { MachineReport } from '../../harness/documents/machine.ts';
import { textList, textTable } from './text-table.ts';
import { verdictInline, verdictWord } from './verdicts.ts';
import { ink, PAPER, type Window } from './window.ts';
import { grouped } from '../view/figures.ts';
import { evidenceTable } from '../view/view.ts';

/** What `list` shows. */
export function strategiesText(registry: readonly Registration[], window: Window): string {
  const rows = registry.map(({ strategy, control }): [string, string] => {
    const { name, summary, connection, supports = [], guarantees = {} } = strategy;
    const said = [
      summary,
      [`${connection} connection`, ...supports].join(', '),
      `breaks ${declaredWeaknesses(guarantees)}`,
      ...(control ? ['a control: it must be caught'] : []),
    ];
    return [ink(window, 'strong', name), `${said.join('\n')}\n`];
  });
  return textList(rows, window);
}

/** "stranded (buyer-crash)"; a property that breaks in all declared environments needs no list of them. */
function declaredWeaknesses(guarantees: Guarantees): string {
  const weaknesses = PROPERTIES.flatMap((property) => {
    const row = guarantees[property] ?? {};
    const broken = ENVIRONMENTS.filter((environment) => row[environment] === 'breaks');
    if (broken.length === 0) return [];
    return [broken.length === Object.keys(row).length ? property : `${property} (${broken.join(', ')})`];
  });
  return weaknesses.join(', ') || 'nothing';
}

/** What `check` shows. */
export function judgementText(checked: CheckResult, window: Window = PAPER): string {
  const { verdict, operations, elapsedMs, properties, evidence, unknownKeys } = checked;
  const rows = PROPERTIES.map((property) => {
    const { verdict: found, note = '' } = properties[property];
    return [property, verdictWord(found, window), note];
  });
  return [
    textTable(['property', 'verdict', ''], rows, [], window),
    ...evidence.flatMap(({ property, message, requests = [], operations: shown }) => {
      const { head, rows: lines } = evidenceTable({ requests, operations: shown });
      return [
        `${property}: ${message}`,
        ...(lines.length > 0 ? [textTable(head, lines, [1, 2, 3, 5], window)] : []),
      ];
    }),
    ...(unknownKeys.length > 0 ? [`Not looked at: the operations' keys ${unknownKeys.join(', ')}`] : []),
    `Verdict: ${verdictInline(verdict, window)}. ${grouped(operations)} operations, ${grouped(elapsedMs)} ms`,
  ].join('\n\n');
}

/** What `doctor` shows. */
export function machineText(
  { server, binary, node, cores, strategies }: MachineReport,
  window: Window = PAPER,
): string {
  const rows = strategies.map(({ name, runs, reason }) => [
    name,
    reason === undefined ? 'runs' : `${runs ? 'is explored alone' : 'skipped'}: ${reason}`,
  ]);
  return [
    `server   ${server}`,
    ...(binary === undefined ? [] : [`program  ${binary}`]),
    `Node     ${node}, ${cores} processors`,
    '',
    textTable(['strategy', ''], rows, [], window),
  ].join('\n');
}
