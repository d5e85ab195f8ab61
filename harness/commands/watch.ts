import { relative } from 'node:path';
import type { ExplorationDocument } from '../documents/exploration.ts';
import { systemClock as clock, timeOfDay } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import { folderOfRun } from '../ground/temporary.ts';
import { say, type Answer, type CommandFile, type Invocation } from '../terminal/answer.ts';
import { EXIT_CODES } from '../terminal/exit-codes.ts';
import { windowOf } from '../terminal/window.ts';
import { exploreOptions } from './explore-flags.ts';

/** They are for what is explored once: files that are kept, and an exit code. */
const NOT_HERE = ['--runs', '--emit-test', '--junit', '--allow-bounded'];

export const watchCommand: CommandFile = {
  examples: ['watch ./sell.ts', 'watch ./sell.ts --buyers 2 --faults crash=1'],
  options: exploreOptions.filter(({ long }) => !NOT_HERE.includes(long!)),
  needsServer: true,
  run,
};

/** Seeds are drawn once: what differs from one save to the next is the code. */
async function run([file]: [string], flags: { seed?: number }, invocation: Invocation): Promise<Answer> {
  const { watchText } = await import('../../reports/text/watch.ts');
  const { freshSeed } = await import('../ground/ambient.ts');
  const { Changes } = await import('../watch/changes.ts');
  const { startExplorations } = await import('../watch/explorations.ts');
  const { args, script, signal, progress } = invocation;
  await requireFile(file);
  const folder = folderOfRun('oversell-watch-');
  const seed = flags.seed === undefined ? ['--seed', String(freshSeed())] : [];
  const words = args.filter((word) => word !== '--json').map((word) => (word === 'watch' ? 'explore' : word));
  const explorations = startExplorations(script, [...words, ...seed, '--runs', folder.path, '--json']);
  const changes = new Changes(file);
  signal.addEventListener('abort', () => explorations.interrupt(), { once: true });
  const isForPrograms = args.includes('--json');
  let before: readonly ExplorationDocument[] | undefined;
  let versions = 0;
  for (let changed: string | undefined = file; changed !== undefined; versions++) {
    progress.now(`${relative('', changed)}: exploring`);
    const startNs = clock.monotonicNs();
    const next = changes.note().then(() => changes.next(signal));
    // What runs meanwhile is out of date.
    void next.then((saved) => saved !== undefined && explorations.interrupt());
    const outcome = await explorations.run();
    progress.end();
    if (outcome.exitCode !== EXIT_CODES.SIGTERM && !signal.aborted) {
      const seconds = (clock.monotonicNs() - startNs) / 1e9;
      const told = { ...outcome, before, at: timeOfDay(clock.epochMs()), seconds };
      await say(
        invocation,
        isForPrograms ? JSON.stringify(outcome) : watchText(told, windowOf(invocation.stdout)),
      );
      if (outcome.explored.length > 0) before = outcome.explored;
    }
    changed = await next;
  }
  await explorations.close();
  await folder.remove();
  return { document: { versions }, text: `explored ${versions} versions` };
}

async function requireFile(file: string): Promise<void> {
  if (/[/\\.]/.test(file)) {
    const { checkFile } = await import('../loader/file.ts');
    return checkFile(file);
  }
  throw new UsageError(
    'NOTHING_TO_WATCH',
    `${file} is the name of a built-in, which does not change`,
    `give the path of a file of yours; oversell explore ${file} explores the built-in`,
  );
}
