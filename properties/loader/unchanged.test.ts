import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { chosenStrategies } from '../../harness/loader/strategies.ts';
import { Unchanged } from '../../harness/loader/unchanged.ts';
import { oversell } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { folderWith, strategyThat } from '../helpers/strategy-sources.ts';
import { sometimes } from '../helpers/rotating.ts';

const FILES = {
  'subject.mjs': strategyThat({ import: "import { one } from './helper.mjs'; void one;" }),
  'helper.mjs': 'export const one = 1;\n',
  'beside.lua': 'return 1\n',
  'beside.json': '{}\n',
};

async function loaded(): Promise<{ at: (name: string) => string; unchanged: Unchanged }> {
  const folder = folderWith(FILES);
  const at = (name: string): string => join(folder, name);
  return { at, unchanged: new Unchanged(await chosenStrategies([at('subject.mjs')])) };
}

test.each(['subject.mjs', 'helper.mjs', 'beside.lua'])('a change of %s is told', async (name) => {
  const { at, unchanged } = await loaded();
  expect(unchanged.fault).toBeUndefined();
  appendFileSync(at(name), '\n');
  expect(unchanged.fault).toMatchObject({ code: 'FILE_CHANGED', exitCode: 2 });
  expect(unchanged.fault!.message).toContain(`${at(name)} was changed`);
});

test('so is a file that is gone', async () => {
  const { at, unchanged } = await loaded();
  rmSync(at('helper.mjs'));
  expect(unchanged.fault?.message).toContain('helper.mjs');
});

test('a file that is saved as it was, data, and files that come are no change', async () => {
  const { at, unchanged } = await loaded();
  writeFileSync(at('subject.mjs'), FILES['subject.mjs']);
  writeFileSync(at('beside.json'), '[]\n');
  writeFileSync(at('out.json'), '{}\n');
  expect(unchanged.fault).toBeUndefined();
});

sometimes('bench tells of it after what it has measured', async () => {
  const folder = folderWith({ 'subject.mjs': strategyThat({}) });
  const file = join(folder, 'subject.mjs');
  const running = oversell(
    ['bench', file, '--trials', '2', '--buyers', '200', '--runs', temporaryFolder(), '--json'],
    { TMPDIR: temporaryFolder() },
  );
  onTestFinished(() => void running.child.kill('SIGKILL'));
  await running.said('safety check');
  appendFileSync(file, '\n// another version\n');
  const { exitCode, stdout, stderr } = await running.ended;
  expect(stderr).toContain('subject.mjs was changed while the run went on');
  expect((JSON.parse(stdout) as { strategies: unknown[] }).strategies).toHaveLength(1);
  expect(exitCode).toBe(2);
});
