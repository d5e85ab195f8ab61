import { PROPERTIES } from '../strategies/contract.ts';
import { systemClock as clock } from './ambient.ts';
import { bench, type BenchOptions, type BenchResult } from './bench.ts';
import type { Progress } from './progress.ts';
import { openTarget, type TargetOptions } from './redis/open.ts';
import { createRunFolder } from './run-folder.ts';
import { chosenStrategies, type LoadedStrategy } from './strategy-loader.ts';

export interface BenchJob
  extends TargetOptions, Omit<BenchOptions, 'target' | 'strategies' | 'historyFolder'> {
  /** Names and paths; empty: every built-in. */
  strategies: readonly string[];
  /** Keep every recorded operation. */
  history: boolean;
  /** Where the folder for them is made. */
  runs: string;
  progress: Progress;
}

/** Opens a server and measures there. An interruption answers what was measured so far. */
export async function benchJob(job: BenchJob): Promise<{ measured: BenchResult; exitCode: number }> {
  const { progress, history, runs, seed } = job;
  const strategies = await chosenStrategies(job.strategies);
  progress.now('looking for a redis-server');
  const target = await openTarget({ ...job, onProgress: progress.line });
  try {
    const historyFolder = history ? createRunFolder(runs, clock.epochMs(), seed) : undefined;
    const measured = await bench({
      ...job,
      target,
      strategies: strategies.map(({ ref }) => ref),
      ...(historyFolder !== undefined && { historyFolder }),
      onRow: ({ strategy }) => progress.now(`${strategy}: measured`),
    });
    if (historyFolder !== undefined) progress.line(`histories: ${historyFolder}`);
    return { measured, exitCode: exitCodeOf(measured, strategies) };
  } finally {
    progress.end();
    await target.close();
  }
}

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
