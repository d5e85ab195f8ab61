// Ten small faults, put one at a time into a copy of stock-order.ts: its tests must catch each. `npm run mutants`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SUBJECT = 'harness/checkers/stock-order.ts';
const TESTS = ['properties/checkers/stock-order.test.ts', 'properties/checkers/refusals.test.ts'];

const mutants = JSON.parse(readFileSync('properties/checkers/stock-order-mutants.json', 'utf8'));

const copy = mkdtempSync(join(tmpdir(), 'oversell-mutants-'));
process.on('exit', () => rmSync(copy, { recursive: true }));
for (const part of [
  'harness',
  'strategies',
  'properties',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]) {
  cpSync(part, join(copy, part), { recursive: true });
}
symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
const original = readFileSync(SUBJECT, 'utf8');

/** Whether the tests pass with this text as the subject. */
function passes(text) {
  writeFileSync(join(copy, SUBJECT), text);
  const { status, error } = spawnSync('npx', ['vitest', 'run', ...TESTS, '--bail', '1'], {
    cwd: copy,
    stdio: 'ignore',
    // Tests that are stopped at the first failure leave their folders: they go with the copy.
    env: { ...process.env, OVERSELL_SEED: '1', TMPDIR: copy },
  });
  if (error) throw error;
  return status === 0;
}

if (!passes(original)) throw new Error('the tests fail without any fault: nothing can be learned');
let survivors = 0;
for (const { fault, from, to } of mutants) {
  if (original.split(from).length !== 2) throw new Error(`"${fault}" does not fit the file any more`);
  const caught = !passes(original.replace(from, to));
  if (!caught) survivors++;
  console.log(`${caught ? 'caught  ' : 'SURVIVED'}  ${fault}`);
}
console.log(`${mutants.length - survivors} of ${mutants.length} caught`);
process.exitCode = survivors > 0 ? 1 : 0;
