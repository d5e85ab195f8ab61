import type { Compared } from '../documents/comparison.ts';
import type { Interval } from '../documents/figures.ts';
import type { KeptFigures, KeptRow } from '../documents/read-figures.ts';
import type { Verdict } from '../documents/vocabulary.ts';
import { unpairedRatio } from '../bench/statistics.ts';
import { PROPERTIES } from '../../strategies/contract.ts';
import { grouped } from '../../reports/view/figures.ts';

const NOTHING: Interval = { median: null, low: null, high: null };
const RANK: Record<Verdict, number> = { holds: 0, 'n/a': 0, inconclusive: 1, violated: 2 };

/** Speed never makes up for a verdict: the worse of the two kinds of change is what counts. */
export function compare(base: KeptFigures, now: KeptFigures): Compared[] {
  const names = [...new Set([...base.strategies, ...now.strategies].map(({ strategy }) => strategy))];
  return names.map((strategy) => {
    const [before, after] = [measuredIn(base, strategy), measuredIn(now, strategy)];
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
    const worse = changed.filter((one) => RANK[one.now] > RANK[one.base]);
    const better = changed.some((one) => RANK[one.now] < RANK[one.base]);
    const measured = [before, after].every(({ verdict }) => verdict === 'holds');
    return {
      ...figures,
      verdict: worse.length > 0 ? 'worse' : better ? 'better' : 'same',
      worse,
      ratio: measured ? unpairedRatio(trialsOf(after), trialsOf(before)) : NOTHING,
    };
  });
}

function measuredIn({ strategies }: KeptFigures, strategy: string): KeptRow | undefined {
  const row = strategies.find((one) => one.strategy === strategy);
  return row && !('skipped' in row) ? row : undefined;
}

const trialsOf = ({ salesPerSecondOfTrials }: KeptRow): number[] =>
  salesPerSecondOfTrials.filter((value) => value !== null);

/** What keeps two sessions from being compared: a line for each thing that differs. */
export function differences(base: KeptFigures, now: KeptFigures): string[] {
  const machine = Object.entries(base.environment).flatMap(([what, was]) => {
    const is = now.environment[what as keyof KeptFigures['environment']];
    return is === was ? [] : [`${what}: ${was} / ${is}`];
  });
  const load = base.strategies.flatMap(({ strategy }) => {
    const [was, is] = [base, now].map((session) => measuredIn(session, strategy)).map(loadOf);
    return was === undefined || is === undefined || was === is ? [] : [`${strategy}: ${was} / ${is}`];
  });
  return [...machine, ...load];
}

/** How a row was measured. */
function loadOf(row: KeptRow | undefined): string | undefined {
  if (!row) return undefined;
  const { mode, arrivals, inFlight } = row;
  const rate = arrivals ? `, ${arrivals.profile}, ${grouped(arrivals.ratePerSecond)}/s` : '';
  return `${mode} loop, ${inFlight} in flight${rate}`;
}
