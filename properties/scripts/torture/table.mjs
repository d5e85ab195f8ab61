import { KINDS } from './faults.mjs';

/** How often each attack was tried, and what was counted, as text. */
export function tableOf(results) {
  const attacks = [...new Set(results.map(({ attack }) => attack.name))].toSorted((a, b) =>
    a.localeCompare(b),
  );
  const rows = attacks.map((name) => [
    name,
    ...countsOf(results.filter(({ attack }) => attack.name === name)),
  ]);
  const lines = [['attack', 'tries', 'in time', ...KINDS], ...rows, ['in all', ...countsOf(results)]];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => String(line[column]).length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[column]),
        )
        .join('  '),
    )
    .join('\n');
}

/** Tries, those in which the command was still at it, and faults of each kind. */
const countsOf = (results) => [
  results.length,
  results.filter(({ inflicted }) => inflicted).length,
  ...KINDS.map(
    (kind) => results.flatMap(({ faults }) => faults).filter((fault) => fault.kind === kind).length,
  ),
];
