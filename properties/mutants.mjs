// Ten small faults, put one at a time into a copy of stock-order.ts: its tests must catch each. `npm run mutants`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SUBJECT = 'harness/checkers/stock-order.ts';
const TESTS = 'properties/stock-order.test.ts';

const mutants = [
  {
    fault: 'as many units as asked for count as too few',
    from: 'this.#operations.quantity[row]! > this.#available) {',
    to: 'this.#operations.quantity[row]! >= this.#available) {',
  },
  {
    fault: 'an unknown purchase takes more than there is',
    from: 'if (this.#requests.quantity[r]! > this.#available) this.#waiting.push(r);',
    to: 'if (this.#requests.quantity[r]! > this.#available + 1) this.#waiting.push(r);',
  },
  {
    fault: 'completions come before invocations at the same instant',
    from: 'invoked[invocations[next]!]! <= time)',
    to: 'invoked[invocations[next]!]! < time)',
  },
  {
    fault: 'the smallest quantity is explained first, and hides the larger ones',
    from: 'new Heap((row) => -operations.quantity[row]!)',
    to: 'new Heap((row) => operations.quantity[row]!)',
  },
  {
    fault: 'a request that holds units may be refused',
    from: 'if (this.#settled[row] || (this.#holds[r] && !mayHoldNothing)) return;',
    to: 'if (this.#settled[row]) return;',
  },
  {
    fault: 'a request takes its units before its own refusal',
    from: 'if (this.#refusalsLeft[r]! > 0) this.#wanted[r]',
    to: 'if (this.#refusalsLeft[r]! > 1) this.#wanted[r]',
  },
  {
    fault: 'the limit is met one unit too early',
    from: 'this.#heldBy[user]! + this.#operations.quantity[row]! > limit) this.#explain(row)',
    to: 'this.#heldBy[user]! + this.#operations.quantity[row]! >= limit) this.#explain(row)',
  },
  {
    fault: 'a release that overlaps its own sale always frees its units',
    from: 'if (this.#bound && this.#soldBy[r]! >= this.#operations.invoked[row]!) return;',
    to: '',
  },
  {
    fault: 'a release does not lower what its user holds',
    from: 'this.#heldBy[user]! -= this.#requests.quantity[r]!;',
    to: 'this.#heldBy[user]! -= 0;',
  },
  {
    fault: 'units that become free wake nobody',
    from: 'if (!this.#holds[r]) this.#takeIfSold(r);',
    to: '',
  },
];

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
  const { status, error } = spawnSync('npx', ['vitest', 'run', TESTS, '--bail', '1'], {
    cwd: copy,
    stdio: 'ignore',
    env: { ...process.env, OVERSELL_SEED: '1' },
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
