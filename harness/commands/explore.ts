import { join } from 'node:path';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import { systemClock as clock, yearAhead } from '../ground/ambient.ts';
import type { Counterexample } from '../documents/counterexample.ts';
import { explore, type Exploration } from '../explorer/explore.ts';
import type { Progress as Covered } from '../explorer/search/search.ts';
import { scopeOfFlags, type ScopeFlags } from './scope-flags.ts';
import { subjectOf } from '../explorer/process/subject.ts';
import type { Progress } from '../ground/progress.ts';
import { openTarget, type TargetOptions } from '../redis/open.ts';
import { createRunFolder, writeCounterexample } from '../documents/run-folder.ts';
import { chosenStrategies } from '../loader/strategies.ts';

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

/**
 * Explores a built-in strategy, or each of a file's, and keeps the counterexamples. An interruption answers what was
 * covered so far.
 */
export async function exploreJob(job: ExploreJob): Promise<Explored[]> {
  const scope = scopeOfFlags(job);
  const startedAt = clock.epochMs();
  const folder = runFolder(() => createRunFolder(job.runs, startedAt, job.seed));
  const strategies = await chosenStrategies([job.strategy]);
  const target = await openTarget({ ...job, onProgress: job.progress.line });
  try {
    const explored: Explored[] = [];
    for (const loaded of strategies) {
      const { strategy, path } = loaded;
      const exploration = await explore({
        scope,
        subject: await subjectOf(loaded),
        target,
        ...(path === undefined ? {} : { path }),
        ...(job.property === undefined ? {} : { properties: [job.property] }),
        ...(job.maxStates === undefined ? {} : { maxStates: job.maxStates }),
        merging: job.merging,
        unreduced: job.unreduced,
        signal: job.signal,
        now: () => clock.monotonicNs() / 1e6,
        epochMs: yearAhead(clock),
        onProgress: (covered) => job.progress.now(`${strategy.name}: ${covering(covered)}`),
      });
      explored.push({ exploration, files: keep(exploration, folder) });
      if (job.signal.aborted) break;
    }
    return explored;
  } finally {
    job.progress.end();
    await target.close();
  }
}

/** All counterexamples, in the order of the strategies and the properties. */
export const counterexamplesIn = (explored: readonly Explored[]): Counterexample[] =>
  explored.flatMap(({ exploration }) =>
    PROPERTIES.flatMap((property) => exploration.properties[property].counterexample ?? []),
  );

/** 1 if a property is violated, 3 if one is open or, unless that is allowed, not everything was covered. */
export function explorationExitCode(explored: readonly Explored[], allowBounded: boolean): number {
  const open = ({ exploration: { coverage, verdict } }: Explored): boolean =>
    coverage === 'exhausted' ? verdict !== 'holds' : !allowBounded;
  if (explored.some(({ exploration }) => exploration.verdict === 'violated')) return 1;
  return explored.some(open) ? 3 : 0;
}

function covering({ states, interleavings, elapsedMs }: Covered & { elapsedMs: number }): string {
  const rate = Math.round(states / Math.max(elapsedMs / 1000, 1e-3));
  return `${states} states, ${interleavings} interleavings, ${rate} states/s`;
}

/** The folder is made when there is something to put into it. */
function runFolder(create: () => string): () => string {
  let folder: string | undefined;
  return () => (folder ??= create());
}

function keep(exploration: Exploration, folder: () => string): Explored['files'] {
  const files: Explored['files'] = {};
  for (const { counterexample } of Object.values(exploration.properties)) {
    if (!counterexample) continue;
    const file = join(folder(), `${counterexample.strategy}-${counterexample.property}.json`);
    writeCounterexample(file, counterexample);
    files[counterexample.property] = file;
  }
  return files;
}
