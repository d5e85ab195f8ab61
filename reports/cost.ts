import type { BenchResult } from '../harness/bench.ts';
import { textTable } from './text-table.ts';
import { grouped, known } from './figures.ts';

type Row = BenchResult['strategies'][number];

export const COST_HEAD = ['strategy', 'sales/s', 'response p50 / p99', 'commands per sale', 'bottleneck'];

/** What was measured, and how. */
export function costCaption(rows: readonly Row[]): string {
  const inFlight = new Set(rows.flatMap((row) => ('skipped' in row ? [] : [row.inFlight])));
  return `cost: closed loop, ${[...inFlight].join(', ')} in flight, one trial, no comparison with a ceiling`;
}

/** The same as a table of text. */
export const costText = (rows: readonly Row[]): string =>
  `${costCaption(rows)}\n${textTable(COST_HEAD, rows.map(costRow), [1, 2, 3])}`;

/** What a strategy costs, next to nothing else: figures of one that broke a property would be worth nothing. */
export function costRow(row: Row): string[] {
  const { strategy } = row;
  if ('skipped' in row) return [strategy, '–', '–', '–', `skipped: ${row.skipped}`];
  if (row.verdict !== 'holds')
    return [strategy, 'void', 'void', 'void', `${row.verdict} in the measured sales`];
  const { salesPerSecond, responseMs, commandsPerSale, bottleneck } = row;
  return [
    strategy,
    known(salesPerSecond.median, grouped),
    `${known(responseMs.p50, tenths)} / ${known(responseMs.p99, tenths)} ms`,
    known(commandsPerSale, (value) => value.toFixed(2)),
    bottleneck ?? 'not measured',
  ];
}

const tenths = (value: number): string => value.toFixed(1);
