import { join } from 'node:path';
import { Option } from 'commander';
import { freshSeed } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import type { TargetOptions } from '../redis/open.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { repeatCommand, runsOption, seedOption, whole } from '../terminal/options.ts';
import { windowOf } from '../terminal/window.ts';

interface Flags extends TargetOptions {
  service?: string;
  faults?: string[];
  stock?: number;
  users?: number;
  inFlight?: number;
  workers?: number;
  seed?: number;
  history?: true;
  runs: string;
}

export const stormCommand: CommandFile = {
  examples: [
    'storm --service shop.json',
    'storm --service shop.json --faults kill-redis,kill-service --history',
  ],
  options: [
    new Option('--service <file>', 'what is stormed: the file describes it (harness/service/README.md)'),
    new Option(
      '--faults <names>',
      'in this order, separated by commas (default: all that the file allows)',
    ).argParser((text: string) => text.split(',')),
    whole('--stock <n>', 'units on sale (default: more than can be sold meanwhile)', 0),
    whole('--users <n>', 'users, who buy in turns (default: each buyer is one)', 1),
    whole('--in-flight <n>', 'purchases in flight, over all workers (default: 64)', 1),
    whole('--workers <n>', 'threads of buyers (default: 2)', 1),
    seedOption(),
    new Option('--history', 'keep every recorded operation'),
    runsOption('create the folder of this run in here'),
  ],
  needsServer: true,
  run,
};

async function run(_: [], flags: Flags, invocation: Invocation): Promise<Answer> {
  const { script, args, stdout, progress, signal, loss } = invocation;
  const { seed = freshSeed(), service, history, runs, ...rest } = flags;
  if (service === undefined) {
    throw new UsageError('NO_SERVICE', 'a storm needs something to storm', 'give --service <file>');
  }
  progress.line(`seed ${seed}; again: ${repeatCommand(script, args, seed)}`);
  const { storm } = await import('../storm/storm.ts');
  const { stormText } = await import('../../reports/text/storm.ts');
  const { serviceFileOf } = await import('./service-file-flags.ts');
  const { folderToBe, keepSession } = await import('./keep-session.ts');
  const file = await serviceFileOf(service, flags);
  const { Keeper, requireFolder } = await import('../documents/write-file.ts');
  const keeper = new Keeper();
  requireFolder('--runs', runs);
  const folder = folderToBe(runs, seed);
  const stormed = await storm({
    ...rest,
    seed,
    file,
    signal,
    loss,
    ...(history && { historyFile: join(folder.make(), 'history.jsonl'), keeper }),
    onProgress: progress.line,
    onFault: progress.now,
  }).finally(() => progress.end());
  const last = await keepSession({ kind: 'storm', found: stormed }, invocation, folder, keeper);
  const text = `${stormText(stormed, windowOf(stdout))}\n\n${last}`;
  return { document: stormed, text, verdict: stormed.verdict, fault: keeper.fault };
}
