import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { start } from '../helpers/command.ts';

/** A suite like ours, with a property that does not hold of every number and one that does. */
const SUITE = `
  import * as fc from 'fast-check';
  import { test } from 'vitest';
  test("it's below 1000", () => fc.assert(fc.property(fc.nat(), (n) => n < 1000), { endOnFailure: true }));
  test('it is a number', () => fc.assert(fc.property(fc.nat(), (n) => n >= 0)));
`;
const CONFIG = {
  test: {
    include: ['suite.test.js'],
    globalSetup: resolve('properties/global-setup.ts'),
    setupFiles: resolve('properties/helpers/seed.ts'),
  },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oversell-seed-'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'suite.test.js'), SUITE);
  writeFileSync(join(folder, 'vitest.config.js'), `export default ${JSON.stringify(CONFIG)};`);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(env: NodeJS.ProcessEnv = {}): Promise<string> {
  const vitest = start('node_modules/.bin/vitest', ['run'], { ...env, NO_COLOR: '1' }, folder);
  const { stdout, stderr } = await vitest.ended;
  return stdout + stderr;
}

test('a failure prints the command that repeats it, and that command finds the same', async () => {
  const first = await run();
  const repeats = [
    ...first.matchAll(/^Repeat: OVERSELL_SEED=(\d+) npx vitest run suite\.test\.js -t '(.*)'$/gm),
  ];
  // Of the two, only the one that failed.
  expect(repeats.map(([, , name]) => name)).toEqual(['it.s below 1000']);
  const seed = repeats[0]![1]!;
  expect(first).toContain(`seed ${seed} (OVERSELL_SEED=${seed} repeats this run)`);
  const again = await run({ OVERSELL_SEED: seed });
  expect(counterexample(again)).toBe(counterexample(first));
});

test('another seed finds another counterexample, so the seed is what decides', async () => {
  // Of any two seeds one pair in hundreds would find the same.
  const found = await Promise.all(['1', '2'].map((seed) => run({ OVERSELL_SEED: seed })));
  expect(counterexample(found[0]!)).not.toBe(counterexample(found[1]!));
});

test('a seed that is no number is refused', async () => {
  expect(await run({ OVERSELL_SEED: 'x' })).toContain('OVERSELL_SEED is "x"');
});

/** Unshrunk, so that it depends on the seed. */
const counterexample = (output: string): string => /^Counterexample: .*$/m.exec(output)![0];
