import { readCounterexample, type Counterexample } from '../documents/counterexample.ts';
import type { Replay } from '../documents/exploration.ts';
import { replay } from '../explorer/sockets/replay.ts';
import { subjectOf } from '../explorer/process/subject.ts';
import type { Progress } from '../ground/progress.ts';
import { openTarget, type TargetOptions } from '../redis/open.ts';
import { strategyNamed } from '../loader/strategies.ts';

export interface ReplayJob extends TargetOptions {
  file: string;
  progress: Progress;
}

/** Runs a saved counterexample again. @throws UsageError if the file is none */
export async function replayJob(
  job: ReplayJob,
): Promise<{ counterexample: Counterexample; replayed: Replay }> {
  const counterexample = readCounterexample(job.file);
  const { strategy: name, path } = counterexample;
  const loaded = await strategyNamed(name, path);
  const target = await openTarget({ ...job, onProgress: job.progress.line });
  try {
    return {
      counterexample,
      replayed: await replay(counterexample, await subjectOf(loaded), target),
    };
  } finally {
    job.progress.end();
    await target.close();
  }
}
