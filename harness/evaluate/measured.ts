import { bench, type BenchOptions } from '../bench/session.ts';
import type { BenchRow } from '../documents/figures.ts';
import { roundTripMs } from '../bench/round-trip.ts';
import { SHARES } from '../bench/sweep.ts';
import type { Steps } from '../ground/steps.ts';
import type { RedisTarget } from '../redis/target.ts';
import type { Result, StrategyResult } from '../documents/result.ts';
import type { LoadedStrategy } from '../loader/strategies.ts';

/** How much of the time goes into what a strategy costs. */
export interface Measuring {
  trials: number;
  /** Of each trial. */
  seconds: number;
  /** What is measured once it is known what each can do. */
  beyond?: {
    /** Of one sale to its end. */
    sellOutSeconds: number;
    /** Strategies to which rates up to their capacity are offered. */
    offered: number;
  };
}

/** How much is measured of so many strategies: the safety of each, then its trials, and what is beyond them. */
export const measurements = ({ trials, beyond }: Measuring, strategies: number): number =>
  strategies * (1 + trials) + (beyond ? strategies + beyond.offered * SHARES.length + COMPARED * trials : 0);

/** Three ceilings, and the baseline against itself. */
const COMPARED = 3;

/** Keeps all properties wherever nothing is evicted, so that a ratio to it is a price for what others leave out. */
const BASELINE = 'lua-reserve-once';

/** Adds to the result what its strategies cost, all measured in one session; after an interruption what there is. */
export async function measure(
  result: Result,
  chosen: readonly LoadedStrategy[],
  { trials, seconds, beyond }: Measuring,
  context: { target: RedisTarget; seed: number; steps: Steps; signal: AbortSignal },
): Promise<void> {
  const { steps, ...run } = context;
  const baseline = baselineOf(result.strategies);
  const options: BenchOptions = {
    ...run,
    strategies: chosen,
    seconds,
    trials,
    ...(baseline !== undefined && { baseline }),
    onTrial: (name, round) =>
      steps.begin(`${name}: cost${round === 0 ? '' : `, trial ${round} of ${trials}`}`),
    ...(beyond && {
      ceiling: 'decr',
      sellOutSeconds: beyond.sellOutSeconds,
      offer: {
        profile: 'poisson',
        choose: (rows) => safestFirst(result.strategies, rows).slice(0, beyond.offered),
      },
    }),
  };
  const measured = await bench(options);
  for (const entry of result.strategies) {
    const own = <T extends { strategy: string }>(rows: readonly T[]): T | undefined =>
      rows.find(({ strategy }) => strategy === entry.name);
    const row = own(measured.strategies);
    if (row && !('skipped' in row)) entry.cost = rounded(row);
    const course = own(measured.courses);
    if (course) entry.course = rounded(withoutName(course));
    const offered = own(measured.offered);
    if (offered) entry.offered = rounded(withoutName(offered));
  }
  if (run.signal.aborted) return;
  result.session = {
    secondsPerTrial: seconds,
    baseline: measured.baseline,
    control: rounded(measured.control),
    ceiling: rounded(measured.ceiling),
    roundTripMs: rounded(await roundTripMs(run.target)),
  };
}

/** A control would be none: nothing can be said against a price of units that do not exist. */
function baselineOf(strategies: readonly StrategyResult[]): string | undefined {
  const measurable = strategies.filter(({ skipped, notSold }) => (skipped ?? notSold) === undefined);
  const [first] = measurable.filter(({ control }) => !control);
  return (measurable.find(({ name }) => name === BASELINE) ?? first)?.name;
}

/** Those that break in the fewest environments, of equals the fastest. */
function safestFirst(strategies: readonly StrategyResult[], rows: readonly BenchRow[]): string[] {
  const broken = (name: string): number =>
    strategies
      .find((one) => one.name === name)!
      .explored.filter(({ properties }) =>
        Object.values(properties).some(({ verdict }) => verdict === 'violated'),
      ).length;
  return rows
    .toSorted(
      (a, b) =>
        broken(a.strategy) - broken(b.strategy) ||
        (b.salesPerSecond.median ?? 0) - (a.salesPerSecond.median ?? 0),
    )
    .map(({ strategy }) => strategy);
}

function withoutName<T extends { strategy: string }>({
  strategy: _strategy,
  ...rest
}: T): Omit<T, 'strategy'> {
  return rest;
}

/** Digits that no clock of ours can tell would only fill the file. */
const DIGITS = 6;

function rounded<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'number' && !Number.isInteger(part) ? Number(part.toPrecision(DIGITS)) : part,
    ),
  ) as T;
}
