import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { oversell } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { folderWith, strategyThat } from '../helpers/strategy-sources.ts';

test('a strategy is explored again at each save, and what is new is told', async () => {
  const folder = folderWith({ 'subject.mjs': strategyThat({}) });
  const TMPDIR = temporaryFolder();
  const file = join(folder, 'subject.mjs');
  const running = oversell(['watch', file, '--buyers', '2', '--stock', '1', '--seed', '1'], { TMPDIR });
  onTestFinished(() => void running.child.kill('SIGKILL'));
  await running.said('holds: oversell');
  writeFileSync(file, 'export const subject = {');
  await running.said('subject.mjs:1: ');
  writeFileSync(file, strategyThat({}, true));
  await running.said('new: oversell was holds, is violated');
  await running.said('oversell, with ');
  running.child.kill('SIGINT');
  const { exitCode } = await running.ended;
  expect(exitCode).toBe(130);
  expect(readdirSync(TMPDIR)).toEqual([]);
});

test('where nobody reads it any more it ends, and leaves nothing', async () => {
  const folder = folderWith({ 'subject.mjs': strategyThat({}) });
  const TMPDIR = temporaryFolder();
  const file = join(folder, 'subject.mjs');
  const running = oversell(['watch', file, '--buyers', '1', '--stock', '1'], { TMPDIR });
  onTestFinished(() => void running.child.kill('SIGKILL'));
  await running.said('holds: oversell');
  running.child.stdout.destroy();
  writeFileSync(file, strategyThat({}, true));
  const { stderr } = await running.ended;
  expect(stderr).not.toMatch(/\n\s+at |bug in oversell/);
  expect(readdirSync(TMPDIR)).toEqual([]);
});

test('a built-in does not change', async () => {
  const { exitCode, stderr } = await oversell(['watch', 'lua-decrement']).ended;
  expect(stderr).toContain('oversell: lua-decrement is the name of a built-in, which does not change\n');
  expect(exitCode).toBe(2);
});
