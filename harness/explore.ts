import { join } from 'node:path';
import type { Property } from '../strategies/contract.ts';
import { systemClock as clock } from './ambient.ts';
import { explore, type Exploration } from './explorer/explore.ts';
import type { Progress as Covered } from './explorer/search.ts';
import { scopeOfFlags, type ScopeFlags } from './explorer/flags.ts';
import { subjectOf } from './explorer/subject.ts';
import type { Progress } from './progress.ts';
import { openTarget, type TargetOptions } from './redis/open.ts';
import { createRunFolder, writeWhole } from './run-folder.ts';
import { loadStrategy } from './strategy-loader.ts';

export interface ExploreJob extends TargetOptions, ScopeFlags {
  strategy: string;
  property?: Property;
  maxStates?: number;
  merging: boolean;
  unreduced: boolean;
  /** Where a folder with the counterexamples is made, if there are any. */
  runs: string;
  progress: Progress;
  signal: AbortSignal;
}

/** An exploration and where its counterexamples lie. */
export interface Explored {
  exploration: Exploration;
  files: Partial<Record<Property, string>>;
}

/** Explores one strategy and keeps its counterexamples. An interruption answers what was covered so far. */
export async function exploreJob(job: ExploreJob): Promise<Explored> {
  const scope = scopeOfFlags(job);
  const path = isPath(job.strategy) ? job.strategy : undefined;
  const strategy = await loadStrategy(path === undefined ? { name: job.strategy } : { path });
  const subject = await subjectOf(strategy, path);
  const startedAt = clock.epochMs();
  const target = await openTarget({ ...job, onProgress: job.progress.line });
  try {
    const exploration = await explore({
      scope,
      subject,
      target,
      ...(path === undefined ? {} : { path }),
      ...(job.property === undefined ? {} : { properties: [job.property] }),
      ...(job.maxStates === undefined ? {} : { maxStates: job.maxStates }),
      merging: job.merging,
      unreduced: job.unreduced,
      signal: job.signal,
      now: () => clock.monotonicNs() / 1e6,
      onProgress: (covered) => job.progress.now(`${strategy.name}: ${covering(covered)}`),
    });
    return { exploration, files: keep(exploration, job, startedAt) };
  } finally {
    job.progress.end();
    await target.close();
  }
}

/** 1 if a property is violated, 3 if one is open or, unless that is allowed, not everything was covered. */
export function explorationExitCode({ verdict, coverage }: Exploration, allowBounded: boolean): number {
  if (verdict === 'violated') return 1;
  if (coverage === 'exhausted') return verdict === 'holds' ? 0 : 3;
  return allowBounded ? 0 : 3;
}

/** Whether a word on the command line names a file instead of a built-in strategy. */
export const isPath = (word: string): boolean => /[\\/]|\.[cm]?[jt]s$/.test(word);

function covering({ states, interleavings, elapsedMs }: Covered & { elapsedMs: number }): string {
  const rate = Math.round(states / Math.max(elapsedMs / 1000, 1e-3));
  return `${states} states, ${interleavings} interleavings, ${rate} states/s`;
}

function keep(exploration: Exploration, { runs, seed }: ExploreJob, startedAt: number): Explored['files'] {
  const files: Explored['files'] = {};
  let folder: string | undefined;
  for (const { counterexample } of Object.values(exploration.properties)) {
    if (!counterexample) continue;
    folder ??= createRunFolder(runs, startedAt, seed);
    const file = join(folder, `${counterexample.strategy}-${counterexample.property}.json`);
    writeWhole(file, `${JSON.stringify(counterexample, undefined, 2)}\n`);
    files[counterexample.property] = file;
  }
  return files;
}
