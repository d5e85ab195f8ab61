import type { Session, SessionRow } from '../../harness/documents/read-figures.ts';
import { unpairedRatio, type Interval } from '../../harness/bench/statistics.ts';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import { comparison, grouped } from '../view/figures.ts';
import { textTable } from './text-table.ts';

/** How one strategy of a new session relates to the same in a base session. */
export interface Compared {
  strategy: string;
  /** `new`, `missing`: only one of the sessions has it. */
  verdict: 'better' | 'same' | 'worse' | 'new' | 'missing';
  /** What is less certain than it was, or violated now. */
  worse: { property: Property; base: string; now: string }[];
  base: number | null;
  now: number | null;
  /** Sales per second, new to base; without figures where one of them is void. */
  ratio: Interval;
}

const NOTHING: Interval = { median: null, low: null, high: null };
const RANK: Record<string, number> = { holds: 0, 'n/a': 0, inconclusive: 1, violated: 2 };

/** Speed never makes up for a verdict: the worse of the two kinds of change is what counts. */
export function compare(base: Session, now: Session): Compared[] {
  const names = [...new Set([...base.strategies, ...now.strategies].map(({ strategy }) => strategy))];
  return names.map((strategy) => {
    const [before, after] = [base, now].map((session) =>
      session.strategies.find((row) => row.strategy === strategy && !('skipped' in row)),
    ) as [SessionRow | undefined, SessionRow | undefined];
    const figures = {
      strategy,
      base: before?.salesPerSecond.median ?? null,
      now: after?.salesPerSecond.median ?? null,
    };
    if (!before || !after)
      return { ...figures, verdict: before ? 'missing' : 'new', worse: [], ratio: NOTHING };
    const changed = PROPERTIES.map((property) => ({
      property,
      base: before.properties[property],
      now: after.properties[property],
    }));
    const worse = changed.filter((one) => RANK[one.now]! > RANK[one.base]!);
    const better = changed.some((one) => RANK[one.now]! < RANK[one.base]!);
    const measured = [before, after].every(({ verdict }) => verdict === 'holds');
    const [of, to] = [after, before].map((row) =>
      row.salesPerSecondOfTrials.filter((value) => value !== null),
    );
    return {
      ...figures,
      verdict: worse.length > 0 ? 'worse' : better ? 'better' : 'same',
      worse,
      ratio: measured ? unpairedRatio(of!, to!) : NOTHING,
    };
  });
}

/** What keeps two sessions from being compared: a line for each thing that differs. */
export function differences(base: Session, now: Session): string[] {
  const machine = Object.entries(base.environment).flatMap(([what, was]) => {
    const is = now.environment[what as keyof Session['environment']];
    return is === was ? [] : [`${what}: ${was} / ${is}`];
  });
  const load = base.strategies.flatMap((before) => {
    const after = now.strategies.find(({ strategy }) => strategy === before.strategy);
    const [was, is] = [before, after].map((row) => (row && !('skipped' in row) ? loadOf(row) : undefined));
    return was === undefined || is === undefined || was === is ? [] : [`${before.strategy}: ${was} / ${is}`];
  });
  return [...machine, ...load];
}

/** How a row was measured. */
function loadOf({ mode, arrivals, inFlight }: SessionRow): string {
  const rate = arrivals ? `, ${arrivals.profile}, ${grouped(arrivals.ratePerSecond)}/s` : '';
  return `${mode} loop, ${inFlight} in flight${rate}`;
}

export function comparisonText(compared: readonly Compared[], differing: readonly string[]): string {
  const head = ['strategy', 'base sales/s', 'new sales/s', 'speed', 'verdict'];
  const rows = compared.map(({ strategy, base, now, ratio, verdict, worse }) => [
    strategy,
    base === null ? '–' : grouped(base),
    now === null ? '–' : grouped(now),
    ratio.median === null ? 'not compared' : comparison(ratio),
    worse.length === 0
      ? verdict
      : `WORSE: ${worse.map((one) => `${one.property} ${one.base} → ${one.now}`).join(', ')}`,
  ]);
  const warning = differing.map((line) => `Different environments: ${line}`);
  return [...warning, textTable(head, rows, [1, 2])].join('\n');
}
