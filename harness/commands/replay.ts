import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UsageError } from '../ground/errors.ts';
import { counterexampleSchema, type Counterexample } from '../documents/counterexample.ts';
import { replay, type Replay } from '../explorer/sockets/replay.ts';
import { subjectOf } from '../explorer/process/subject.ts';
import type { Progress } from '../ground/progress.ts';
import { openTarget, type TargetOptions } from '../redis/open.ts';
import { strategyNamed } from '../loader/named.ts';

export interface ReplayJob extends TargetOptions {
  file: string;
  progress: Progress;
}

/** Runs a saved counterexample again. @throws UsageError if the file is none */
export async function replayJob(
  job: ReplayJob,
): Promise<{ counterexample: Counterexample; replayed: Replay }> {
  const counterexample = await readCounterexample(job.file);
  const { strategy: name, path } = counterexample;
  const strategy = await strategyNamed(name, path);
  const target = await openTarget({ ...job, onProgress: job.progress.line });
  try {
    return {
      counterexample,
      replayed: await replay(counterexample, await subjectOf(strategy, path), target),
    };
  } finally {
    job.progress.end();
    await target.close();
  }
}

async function readCounterexample(file: string): Promise<Counterexample> {
  const remedy = 'give a file that `oversell explore` wrote';
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new UsageError('NO_COUNTEREXAMPLE', `${file} cannot be read: ${cause.message}`, remedy, { cause });
  });
  try {
    return counterexampleSchema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new UsageError('NO_COUNTEREXAMPLE', `${file} is no counterexample: ${why}`, remedy, { cause });
  }
}
