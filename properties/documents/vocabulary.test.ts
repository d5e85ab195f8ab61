import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { oversell } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';

const earlier = (name: string): string => fileURLToPath(new URL(`earlier/${name}`, import.meta.url));

/** Whether the command loads what schemas are made of. V8 tells of each script that a process has run. */
async function loadsZod(args: readonly string[]): Promise<boolean> {
  const folder = temporaryFolder();
  const { exitCode } = await oversell(args, { NODE_V8_COVERAGE: folder }).ended;
  expect(exitCode).toBe(0);
  const reports = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  expect(reports.join('')).toContain('/dist/harness/cli.js');
  return reports.join('').includes('/node_modules/zod/');
}

test.each([
  ['--help', ['--help']],
  ['the help of a command that knows scopes and faults', ['explore', '--help']],
  ['check, which reads a history by hand', ['check', earlier('history.jsonl')]],
  ['list', ['list']],
  ['explore of a strategy that holds', ['explore', 'lua-decrement']],
])('the command line answers without loading schemas: %s', async (_, args) => {
  expect(await loadsZod(args)).toBe(false);
});

test('a command that reads a document does load its schema, so that the tests above would see it', async () => {
  expect(await loadsZod(['compare', earlier('bench.json'), earlier('bench.json')])).toBe(true);
});
