import { relative } from 'node:path';
import type { Outcome } from '../watch/explorations.ts';
import { freshSeed, systemClock as clock, timeOfDay } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import { isLua } from '../ground/lua-file.ts';
import { folderOfRun } from '../ground/temporary.ts';
import { say, type Answer, type CommandFile, type Invocation } from '../terminal/answer.ts';
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
  const { Changes } = await import('../watch/changes.ts');
  const { startExplorations } = await import('../watch/explorations.ts');
  const { args, script, signal, progress } = invocation;
  await requireFile(file);
  const folder = folderOfRun('oversell-watch-');
  const seed = flags.seed === undefined ? ['--seed', String(freshSeed())] : [];
  const words = args.filter((word) => word !== '--json').map((word) => (word === 'watch' ? 'explore' : word));
  const explorations = startExplorations(script, [...words, ...seed, '--runs', folder.path, '--json']);
  const changes = new Changes(file);
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  until.addEventListener('abort', () => explorations.interrupt(), { once: true });
  // Nobody reads it any more.
  invocation.stdout.once('error', () => over.abort());
  let before: Outcome['explored'] | undefined;
  let versions = 0;
  try {
    for (let changed: string | undefined = file; changed !== undefined; versions++) {
      progress.now(`${relative('', changed)}: exploring`);
      const startNs = clock.monotonicNs();
      changes.note();
      const next = changes.next(until);
      // What runs meanwhile is out of date.
      void next.then((saved) => saved !== undefined && explorations.interrupt());
      const outcome = await explorations.run();
      progress.end();
      if (!outcome.isInterrupted && !signal.aborted) {
        const seconds = (clock.monotonicNs() - startNs) / 1e9;
        await say(invocation, await told(outcome, { before, seconds }, invocation));
        if (outcome.explored.length > 0) before = outcome.explored;
      }
      changed = await next;
    }
  } finally {
    over.abort();
    await explorations.close();
    await folder.remove();
  }
  return { document: { versions }, text: `explored ${versions} versions` };
}

/** One version: for people, or as a line of JSON. */
async function told(
  { exitCode, explored, said }: Outcome,
  beside: { before: Outcome['explored'] | undefined; seconds: number },
  { args, stdout }: Invocation,
): Promise<string> {
  if (args.includes('--json')) return JSON.stringify({ exitCode, explored, said });
  const { watchText } = await import('../../reports/text/watch.ts');
  const at = timeOfDay(clock.epochMs());
  return watchText({ explored, said, at, ...beside }, windowOf(stdout));
}

async function requireFile(file: string): Promise<void> {
  if (file === '')
    throw new UsageError('NO_SUCH_FILE', 'no file is named', 'give the path of a file of yours');
  if (/[/\\.]/.test(file)) {
    const { checkFile } = await import('../loader/file.ts');
    return isLua(file) ? checkFile(file, ['.lua']) : checkFile(file);
  }
  throw new UsageError(
    'NOTHING_TO_WATCH',
    `${file} is the name of a built-in, which does not change`,
    `give the path of a file of yours; oversell explore ${file} explores the built-in`,
  );
}
