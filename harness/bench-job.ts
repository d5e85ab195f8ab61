import { PROPERTIES } from '../strategies/contract.ts';
import { registry } from '../strategies/registry.ts';
import { systemClock as clock } from './ambient.ts';
import { bench, type BenchOptions, type BenchResult } from './bench.ts';
import type { Progress } from './progress.ts';
import { openTarget, type TargetOptions } from './redis/open.ts';
import { createRunFolder } from './run-folder.ts';

export interface BenchJob
  extends TargetOptions, Omit<BenchOptions, 'target' | 'strategies' | 'historyFolder'> {
  /** Names; empty: every built-in. */
  strategies: readonly string[];
  /** Keep every recorded operation. */
  history: boolean;
  /** Where the folder for them is made. */
  runs: string;
  progress: Progress;
}

/** Opens a server and measures there. An interruption answers what was measured so far. */
export async function benchJob(job: BenchJob): Promise<BenchResult> {
  const { progress, history, runs, seed } = job;
  progress.now('looking for a redis-server');
  const target = await openTarget({ ...job, onProgress: progress.line });
  try {
    const historyFolder = history ? createRunFolder(runs, clock.epochMs(), seed) : undefined;
    const result = await bench({
      ...job,
      target,
      strategies: job.strategies.map((name) => ({ name })),
      ...(historyFolder !== undefined && { historyFolder }),
      onRow: ({ strategy }) => progress.now(`${strategy}: measured`),
    });
    if (historyFolder !== undefined) progress.line(`histories: ${historyFolder}`);
    return result;
  } finally {
    progress.end();
    await target.close();
  }
}

/** 1 if something is violated that is not a declared weakness, 3 if something is open. */
export function benchExitCode({ strategies }: BenchResult): number {
  const verdicts = strategies.flatMap((row) => {
    if ('skipped' in row) return [];
    const { guarantees } = registry.find(({ strategy }) => strategy.name === row.strategy)!.strategy;
    return PROPERTIES.filter((property) => guarantees?.[property]?.calm !== 'breaks').map(
      (property) => row.properties[property],
    );
  });
  if (verdicts.includes('violated')) return 1;
  return verdicts.includes('inconclusive') ? 3 : 0;
}
