import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { runCommand } from '../../harness/service/commands.ts';
import { isRunning, temporaryFolder } from '../helpers/processes.ts';

const here = () => ({ cwd: temporaryFolder(), env: { ...process.env } });
const shell = (script: string): string[] => ['/bin/sh', '-c', script];

/** The process that such a script leaves running, once it has written down which. */
async function leftBy(file: string): Promise<number> {
  for (;;) {
    try {
      const pid = Number(readFileSync(file, 'utf8'));
      if (pid > 0) return pid;
    } catch {
      // It is not there yet.
    }
    await systemClock.sleep(5);
  }
}

async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await systemClock.sleep(5);
}

test('what a program says is its answer, and one that fails is told with its last lines', async () => {
  const place = here();
  expect(await runCommand(shell('echo 7; echo aside >&2'), place)).toBe('7\n');
  await expect(runCommand(shell('echo no table >&2; exit 3'), place)).rejects.toThrow(
    /: exit code 3\nno table$/,
  );
  await expect(runCommand(['/nowhere/at-all'], place)).rejects.toThrow('ENOENT');
});

test('one that ends its whole group ends itself, and not us', async () => {
  const place = here();
  await expect(runCommand(shell('kill -TERM 0'), place)).rejects.toThrow('it was ended by SIGTERM');
});

test('one that never ends is told, and nothing is left of it', async () => {
  const place = here();
  const file = join(place.cwd, 'slow');
  const waiting = runCommand(shell(`sleep 1000 & echo $! > ${file}; wait`), place, 2_000);
  const [pid] = await Promise.all([leftBy(file), expect(waiting).rejects.toThrow('did not end within 2 s')]);
  await gone(pid);
});

test('so it is where the run is interrupted', async () => {
  const place = here();
  const file = join(place.cwd, 'interrupted');
  const interruption = new AbortController();
  const options = { ...place, signal: interruption.signal };
  const waiting = runCommand(shell(`sleep 1000 & echo $! > ${file}; wait`), options);
  const pid = await leftBy(file);
  expect(isRunning(pid)).toBe(true);
  interruption.abort();
  await expect(waiting).rejects.toThrow('it was interrupted');
  await gone(pid);
});
