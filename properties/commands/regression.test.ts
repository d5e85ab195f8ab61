import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { standing } from '../../harness/library/regression.ts';
import { sometimes } from '../helpers/rotating.ts';
import { RACE, SCRIPT, selling } from '../helpers/small-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const runs = join(root, 'runs');
mkdirSync(runs, { recursive: true });
/** Inside the package, so that its own name resolves, as it would where it is installed. */
const folder = mkdtempSync(join(runs, 'emitted-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sell = (take: string): string => selling('mine', take);

/** Exit code and output of a program in the folder. */
function run(program: string, args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout || stderr });
    });
  });
}

/** What vitest makes of the tests that a configuration names. */
const tested = (config: string): ReturnType<typeof run> =>
  run('node', [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--root',
    folder,
    '--config',
    config,
    '--reporter=json',
    '--maxWorkers=1',
    '--no-isolate',
  ]);

/** How each test came out, by its file. */
function statusesIn(output: string): Map<string, string> {
  const { testResults } = JSON.parse(output.slice(output.indexOf('{'))) as {
    testResults: { name: string; status: string }[];
  };
  return new Map(testResults.map(({ name, status }) => [basename(name), status]));
}

/** As a user writes one. */
const holding = (file: string): string => `
import { explore } from 'oversell';
import 'oversell/vitest';
import { expect, test } from 'vitest';
test('holds', async () => {
  await expect(explore(new URL('./${file}', import.meta.url), { buyers: 2, stock: 1 })).toHold();
}, 60_000);`;

sometimes(
  'a test that asks a file to hold fails with the counterexample, and passes once it is fixed',
  async () => {
    writeFileSync(join(folder, 'wrong.mjs'), sell(RACE));
    writeFileSync(join(folder, 'right.mjs'), sell(SCRIPT));
    writeFileSync(join(folder, 'wrong.hold.mjs'), holding('wrong.mjs'));
    writeFileSync(join(folder, 'right.hold.mjs'), holding('right.mjs'));
    const config = join(folder, 'hold.config.mjs');
    writeFileSync(config, "export default { test: { include: ['*.hold.mjs'] } };");
    const { code, output } = await tested(config);
    expect(output).toMatch(/2 units were sold of 1[^]*wrong\.mjs:7 [^]*Again: oversell replay/);
    expect(code).toBe(1);
    expect(statusesIn(output)).toEqual(
      new Map([
        ['wrong.hold.mjs', 'failed'],
        ['right.hold.mjs', 'passed'],
      ]),
    );
  },
);

sometimes('an emitted test fails until the strategy is fixed', async () => {
  writeFileSync(join(folder, 'sell.mjs'), sell(RACE));
  const config = join(folder, 'vitest.config.mjs');
  writeFileSync(config, "export default { test: { include: ['*.test.mjs'] } };");
  const cli = join(root, 'dist', 'harness', 'cli.js');
  const explored = await run('node', [cli, 'explore', './sell.mjs', '--emit-test', 'sell.test.mjs']);
  expect(explored.code, explored.output).toBe(1);
  // The same test of the fixed file, so that one run of vitest tells of both.
  const emitted = readFileSync(join(folder, 'sell.test.mjs'), 'utf8');
  expect(emitted).toContain('sell.mjs');
  writeFileSync(join(folder, 'fixed.test.mjs'), emitted.replaceAll('sell.mjs', 'fixed.mjs'));
  writeFileSync(join(folder, 'fixed.mjs'), sell(SCRIPT));
  const { code, output } = await tested(config);
  expect(output).toMatch(/2 units were sold of 1/);
  expect(code).toBe(1);
  expect(statusesIn(output)).toEqual(
    new Map([
      ['sell.test.mjs', 'failed'],
      ['fixed.test.mjs', 'passed'],
    ]),
  );
});

test('what is no counterexample is refused by the name of what it lacks', async () => {
  await expect(standing({ oversell: 1, kind: 'counterexample' })).rejects.toMatchObject({
    code: 'NO_COUNTEREXAMPLE',
    message: expect.stringMatching(/is not a counterexample: .*, at strategy$/) as string,
  });
});
