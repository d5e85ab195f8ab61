// Makes the example that the README shows: `npm run example` evaluates everything (a quarter of an hour), or
// `npm run example -- --run <folder>` takes a run that there is. Then it draws the page, says how large it is and how
// long that took, and takes the README's pictures of it in Chromium.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const CLI = 'dist/harness/cli.js';
const EXAMPLE = 'reports/example';
const MOST_BYTES = 1_500_000;
const MOST_DRAWING_MS = 5_000;
const SEED = '1';

const { values } = parseArgs({ options: { run: { type: 'string' } } });
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const folder = values.run ?? (await evaluateAll());
rmSync(EXAMPLE, { recursive: true, force: true });
for (const name of ['result.json', 'counterexamples'])
  cpSync(join(folder, name), join(EXAMPLE, name), { recursive: true });

const startedAt = performance.now();
if ((await oversell('report', EXAMPLE)) !== 0) throw new Error('it could not be drawn');
const drawingMs = Math.round(performance.now() - startedAt);
const page = join(EXAMPLE, 'report.html');
const bytes = statSync(page).size;
console.log(`${page}: ${bytes} bytes, drawn in ${drawingMs} ms, from ${folder}`);
if (bytes >= MOST_BYTES) throw new Error(`the page has ${bytes} bytes; ${MOST_BYTES} are too many`);
if (drawingMs >= MOST_DRAWING_MS)
  throw new Error(`drawing took ${drawingMs} ms; ${MOST_DRAWING_MS} are too many`);
const pictures = ['vitest', 'run', '--config', 'vitest.browser.config.ts', '-t', 'pictures'];
process.exitCode = await run('npx', pictures, { OVERSELL_PICTURES: EXAMPLE });

/** @returns the folder of the new run */
async function evaluateAll() {
  const before = runsSoFar();
  const exitCode = await oversell('evaluate', '--profile', 'full', '--seed', SEED);
  const [made] = runsSoFar().filter((name) => !before.includes(name));
  if (exitCode !== 0 || made === undefined) throw new Error(`evaluate ended with ${exitCode}`);
  return join('runs', made);
}

function runsSoFar() {
  try {
    return readdirSync('runs');
  } catch {
    return [];
  }
}

function oversell(...args) {
  return run(process.execPath, [CLI, ...args]);
}

async function run(program, args, env = {}) {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const [exitCode] = await once(child, 'close');
  return exitCode;
}
