import { PROPERTIES } from '../../strategies/contract.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import type { BenchResult } from '../documents/figures.ts';
import type { BenchOptions } from '../bench/session.ts';
import { UsageError } from '../ground/errors.ts';
import type { ArrivalProfile, Mode } from '../documents/vocabulary.ts';
import { parseTarget } from '../bench/sweep.ts';
import type { Progress } from '../ground/progress.ts';
import { openTarget, type TargetOptions } from '../redis/open.ts';
import { createRunFolder } from '../documents/run-folder.ts';
import { chosenStrategies, type LoadedStrategy } from '../loader/strategies.ts';

/** As they are typed. */
export interface BenchFlags extends Pick<
  BenchOptions,
  'baseline' | 'buyers' | 'inFlight' | 'seconds' | 'seed' | 'stock' | 'workers'
> {
  trials: number;
  /** Default: open where a rate or a target is given. */
  mode?: Mode;
  rate?: number;
  arrivals?: ArrivalProfile;
  /** "p99=5ms" */
  slo?: string;
}

export interface BenchJob extends TargetOptions, BenchFlags {
  /** Names and paths; empty: every built-in. */
  strategies: readonly string[];
  /** Keep every recorded operation. */
  history: boolean;
  /** Where the folder for them is made. */
  runs: string;
  progress: Progress;
  signal: AbortSignal;
}

/** Opens a server and measures there. An interruption answers what was measured so far. */
export async function benchJob(job: BenchJob): Promise<{ measured: BenchResult; exitCode: number }> {
  const { progress, history, runs, seed, trials } = job;
  const { arrivals: _, slo: __, ...flags } = job;
  const load = loopOf(job);
  const strategies = await chosenStrategies(job.strategies);
  progress.now('looking for a redis-server');
  // Only now, when the flags make sense: it is most of what there is to load.
  const { bench } = await import('../bench/session.ts');
  const target = await openTarget({ ...job, onProgress: progress.line });
  try {
    const historyFolder = history ? createRunFolder(runs, clock.epochMs(), seed) : undefined;
    const measured = await bench({
      ...flags,
      ...load,
      target,
      ceiling: 'all',
      strategies,
      ...(historyFolder !== undefined && { historyFolder }),
      onTrial: (name, trial) => progress.now(trial === 0 ? name : `${name}, trial ${trial} of ${trials}`),
    });
    if (historyFolder !== undefined) progress.line(`histories: ${historyFolder}`);
    return { measured, exitCode: exitCodeOf(measured, strategies) };
  } finally {
    progress.end();
    await target.close();
  }
}

/** @throws UsageError if the flags of open and closed loop are mixed up */
function loopOf({ mode, rate, arrivals, slo }: BenchFlags): Pick<BenchOptions, 'arrivals' | 'slo'> {
  const profile = arrivals ?? 'poisson';
  if (slo !== undefined) {
    if (mode === 'closed' || rate !== undefined) {
      throw contradiction('--slo looks for the rate of an open loop', 'leave out --rate and --mode closed');
    }
    return { slo: { target: parseTarget(slo), profile } };
  }
  if (mode === 'open' && rate === undefined) {
    throw contradiction('an open loop has arrivals at a rate', 'give --rate <arrivals per second>');
  }
  if (mode === 'closed' && (rate ?? arrivals) !== undefined) {
    throw contradiction(
      'in a closed loop nobody arrives',
      'leave out --rate and --arrivals, or --mode closed',
    );
  }
  if (rate === undefined) {
    if (arrivals === undefined) return {};
    throw contradiction('--arrivals says nothing of how many', 'give --rate <arrivals per second>');
  }
  return { arrivals: { profile, ratePerSecond: rate } };
}

const contradiction = (message: string, remedy: string): UsageError =>
  new UsageError('CONTRADICTION', message, remedy);

/** 1 if something is violated that is not a declared weakness, 3 if something is open. */
function exitCodeOf(measured: BenchResult, loaded: readonly LoadedStrategy[]): number {
  const verdicts = measured.strategies.flatMap((row) => {
    if ('skipped' in row) return [];
    const { guarantees } = loaded.find(({ strategy }) => strategy.name === row.strategy)!.strategy;
    return PROPERTIES.filter((property) => guarantees?.[property]?.calm !== 'breaks').map(
      (property) => row.properties[property],
    );
  });
  if (verdicts.includes('violated')) return 1;
  return verdicts.includes('inconclusive') ? 3 : 0;
}
