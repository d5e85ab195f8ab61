import type { BenchRow } from '../../harness/documents/figures.ts';
import type { Result } from '../../harness/documents/result.ts';
import { comparison, grouped, known } from './figures.ts';

/** What each strategy costs, in few words; for a terminal, and for a pull request. */
export function costTable(result: Result): { caption: string; head: string[]; rows: string[][] } | undefined {
  const costs = result.strategies.flatMap(({ cost }) => cost ?? []);
  const [first] = costs;
  if (!first) return undefined;
  const baseline = first.trials > 1 ? (result.session?.baseline ?? undefined) : undefined;
  return {
    caption: caption(costs, baseline),
    head: [
      'strategy',
      'sales/s',
      ...(baseline === undefined ? [] : [`against ${baseline}`]),
      'response p50 / p99',
      'commands per sale',
      'bottleneck',
    ],
    rows: costs.map((cost) => costRow(cost, baseline !== undefined)),
  };
}

function caption(costs: readonly BenchRow[], baseline: string | undefined): string {
  const inFlight = [...new Set(costs.map((cost) => cost.inFlight))].join(', ');
  const trials = Math.max(...costs.map((cost) => cost.trials));
  const compared =
    baseline === undefined
      ? 'one trial, no comparison with a ceiling'
      : `n = ${trials} in turns, medians, ratios within each round with their 95 % intervals`;
  const isVoid = costs.some(({ verdict }) => verdict !== 'holds');
  const voided = isVoid ? '; void: a property was broken in the measured sales' : '';
  return `cost: closed loop, ${inFlight} in flight, ${compared}${voided}`;
}

/** Figures of a strategy that broke a property would be worth nothing. */
function costRow(cost: BenchRow, isCompared: boolean): string[] {
  const { strategy, verdict, salesPerSecond, ratioToBaseline, responseMs, commandsPerSale, bottleneck } =
    cost;
  if (verdict !== 'holds') {
    const voids = ['void', ...(isCompared ? ['void'] : []), 'void', 'void'];
    return [strategy, ...voids, `${verdict} in the measured sales`];
  }
  return [
    strategy,
    known(salesPerSecond.median, grouped),
    ...(isCompared ? [ratioToBaseline.median === null ? '–' : comparison(ratioToBaseline)] : []),
    `${known(responseMs.p50, tenths)} / ${known(responseMs.p99, tenths)} ms`,
    known(commandsPerSale, (value) => value.toFixed(2)),
    bottleneck ?? 'not measured',
  ];
}

const tenths = (value: number): string => value.toFixed(1);
