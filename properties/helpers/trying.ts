import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { oversell, type Running } from './command.ts';
import { temporaryFolder } from './processes.ts';
import { folderWith, strategyThat, type Doing } from './strategy-sources.ts';

/** Commands that run code of users, in a scope in which they soon get to all of it. */
const FLAGS = {
  explore: ['--buyers', '2', '--stock', '1'],
  bench: ['--trials', '1', '--buyers', '100'],
  evaluate: [],
} as const;
export type Tried = keyof typeof FLAGS;

/** Starts a command on a strategy that does this besides, in folders of its own. It is ended with the test at the latest. */
export function trying(
  command: Tried,
  doing: Doing,
  { env = {}, json = true }: { env?: NodeJS.ProcessEnv; json?: boolean } = {},
): Running {
  const file = join(folderWith({ 'subject.mjs': strategyThat(doing) }), 'subject.mjs');
  const running = oversell(
    [command, file, ...FLAGS[command], '--runs', temporaryFolder(), ...(json ? ['--json'] : [])],
    { TMPDIR: temporaryFolder(), ...env },
  );
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return running;
}
