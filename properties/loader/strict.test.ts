import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Program } from '../../harness/explorer/process/program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oversell-strict-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function programOf(file: string, text: string): Promise<Program> {
  await writeFile(join(folder, file), text);
  return Program.load(join(folder, file));
}

test('an ES module is strict where it is explored, as it is in production', async () => {
  const program = await programOf('module.mjs', 'export const set = () => { undeclaredByAModule = 1; };');
  const { set } = program.evaluate() as { set: () => void };
  expect(set).toThrow(ReferenceError);
  expect(program.touchesGlobals).toBe(false);
});

test('a CommonJS file is as sloppy as it is in production, so its globals are looked after', async () => {
  const program = await programOf('common.js', 'exports.set = () => { undeclaredByAFile = 1; };');
  const { set } = program.evaluate() as { set: () => void };
  expect(set).not.toThrow();
  Reflect.deleteProperty(globalThis, 'undeclaredByAFile');
  expect(program.touchesGlobals).toBe(true);
});
