import type { Counterexample } from '../documents/counterexample.ts';
import type { Replay } from '../documents/exploration.ts';
import type { KeptService } from '../documents/service.ts';
import type { OverallVerdict } from '../documents/vocabulary.ts';
import { unlessLost } from '../ground/waiting.ts';
import type { TargetOptions } from '../redis/open.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { windowOf } from '../terminal/window.ts';

export const replayCommand: CommandFile = {
  examples: ['replay counterexample.json'],
  options: [],
  runsStrategies: true,
  needsServer: true,
  run,
};

/** What diverged says nothing about the code as it is now. */
const VERDICTS: Record<Replay['result'], OverallVerdict> = {
  confirmed: 'violated',
  'no-longer-violated': 'holds',
  diverged: 'inconclusive',
};

async function run([file]: [string], flags: TargetOptions, invocation: Invocation): Promise<Answer> {
  const { readCounterexample } = await import('../documents/counterexample.ts');
  const { replayText } = await import('../../reports/text/explore.ts');
  const counterexample = readCounterexample(file);
  const replayed = await replayOn(flags, counterexample, invocation);
  return {
    document: { counterexample, ...replayed },
    text: replayText(counterexample, replayed, windowOf(invocation.stdout)),
    verdict: VERDICTS[replayed.result],
  };
}

async function replayOn(
  flags: TargetOptions,
  counterexample: Counterexample,
  { progress, signal, loss }: Invocation,
): Promise<Replay> {
  const { replay } = await import('../explorer/sockets/replay-schedule.ts');
  const { subjectOf } = await import('../explorer/process/subject.ts');
  const { strategyNamed } = await import('../loader/strategies.ts');
  const { openTarget } = await import('../redis/open.ts');
  const { strategy, path, lua, service } = counterexample;
  if (service) return replayService(flags, counterexample, service, { progress, signal, loss });
  const loaded = await strategyNamed(strategy, path, { lua, connections: 'held' });
  const target = await openTarget({ ...flags, signal, loss, onProgress: progress.line });
  try {
    return await unlessLost(signal, replay(counterexample, await subjectOf(loaded), target));
  } finally {
    progress.end();
    await target.close();
  }
}

/** Its processes are started anew, as its file was when it was explored. */
async function replayService(
  flags: TargetOptions,
  counterexample: Counterexample,
  kept: KeptService,
  { progress, signal, loss }: Pick<Invocation, 'progress' | 'signal' | 'loss'>,
): Promise<Replay> {
  const { replay } = await import('../explorer/sockets/replay-schedule.ts');
  const { fileOfKept, interceptService } = await import('../intercept/intercept.ts');
  const { openTarget } = await import('../redis/open.ts');
  const target = await openTarget({ ...flags, signal, loss, onProgress: progress.line });
  try {
    const { scope } = counterexample;
    const file = fileOfKept(kept);
    const provision = { ...flags, signal, loss, onProgress: progress.line };
    await using intercepted = await interceptService({ file, scope, signal, target, provision });
    return await unlessLost(signal, replay(counterexample, intercepted.subject, target));
  } finally {
    progress.end();
    await target.close();
  }
}
