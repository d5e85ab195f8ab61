import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock as clock } from '../../harness/ground/ambient.ts';
import { temporaryFolder } from '../helpers/processes.ts';

const compiled = new URL('../../dist/harness/ground/temporary.js', import.meta.url).href;

/** The folder of a process that has just been ended by kill -9, with a file in it. */
async function leftBy(making: string): Promise<string> {
  const program = `
    import { mkdtempSync } from 'node:fs';
    import { folderOfRun } from ${JSON.stringify(compiled)};
    console.log(${making});
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporaryFolder() },
  });
  const ended = once(child, 'exit');
  const [folder] = (await once(createInterface(child.stdout), 'line')) as [string];
  writeFileSync(join(folder, 'data'), 'what a server has written');
  child.kill('SIGKILL');
  await ended;
  return folder;
}

test('a folder of the run goes with its process, by kill -9 too', async () => {
  const folder = await leftBy("folderOfRun('kept-').path");
  while (existsSync(folder)) await clock.sleep(5);
});

test('and one that nobody keeps is left indeed', async () => {
  const folder = await leftBy("mkdtempSync(process.env.TMPDIR + '/left-')");
  expect(existsSync(folder)).toBe(true);
  rmSync(folder, { recursive: true });
});
