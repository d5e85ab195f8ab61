import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

interface Survivor {
  file: string;
  before: string;
  after: string;
  why: string;
}
interface Fault {
  start: number;
  end: number;
  to: string;
}
/** As properties/scripts/mutants/compiler.mjs says. */
interface Compiler {
  sourceFile(file: string): { text: string };
  accepts(file: string, text: string): boolean;
  close(): void;
}

const SCRIPT = 'properties/scripts/mutants.mjs';
const SUBJECT = 'harness/checkers/sale-model.ts';
const text = (file: string): string => readFileSync(file, 'utf8');

/** Of a script, which the compiler knows nothing of. */
const scripted = (name: string): Promise<unknown> =>
  import(new URL(`../scripts/mutants/${name}.mjs`, import.meta.url).href);

let compiler: Compiler;
/** Every text that SUBJECT has with one fault. */
let mutants: string[];

beforeAll(async () => {
  const { Compiler: Opened } = (await scripted('compiler')) as { Compiler: new () => Compiler };
  const { faultsOf } = (await scripted('faults')) as {
    faultsOf: (file: unknown, name: string) => Fault[][];
  };
  compiler = new Opened();
  const file = compiler.sourceFile(SUBJECT);
  mutants = faultsOf(file, SUBJECT)
    .flat()
    .map(({ start, end, to }) => file.text.slice(0, start) + to + file.text.slice(end));
});
afterAll(() => compiler.close());

test('of a file each kind of fault is made, each once, and none that changes nothing', () => {
  const made = [
    ['a.holdings.size !== b.holdings.size', 'a.holdings.size === b.holdings.size'],
    ['purchase.quantity > state.available', 'purchase.quantity >= state.available'],
    ['state.available - quantity', 'state.available + quantity'],
    ['return !short && !overLimit', 'return (!short)'],
    ['?? 0) + by', '?? 1) + by'],
    ['if (!b.holdings.has(request)) return false', 'if (false) return false'],
    ['holdings.delete(request);', '{}'],
    ["input.op === 'restock'", "input.op === ''"],
    ['  return true;', '  return false;'],
  ] as const;
  const original = text(SUBJECT);
  for (const [from, to] of made) expect(mutants).toContain(original.replace(from, to));
  expect(new Set([...mutants, original]).size).toBe(mutants.length + 1);
});

test('what the compiler would find is no fault to try, and what only makes code unused is one', () => {
  const original = text(SUBJECT);
  expect(compiler.accepts(SUBJECT, original)).toBe(true);
  expect(compiler.accepts(SUBJECT, original.replace("input.op === 'restock'", "input.op === ''"))).toBe(
    false,
  );
  expect(compiler.accepts(SUBJECT, original.replace('  return true;', '  return (;'))).toBe(false);
  expect(compiler.accepts(SUBJECT, original.replace('equal: sameState', 'equal: () => true'))).toBe(true);
});

/** Lines as they are compared there: with single spaces. */
const squeezed = (lines: string): string => lines.trim().replaceAll(/\s+/g, ' ');

/** Survivors whose lines are not in their file any more. */
const stale = (all: readonly Survivor[]): string[] =>
  all
    .filter(({ file, before }) => !squeezed(text(file)).includes(before))
    .map(({ file, before }) => `${file}: ${before}`);

test('every survivor that is argued for stands in its file, with a reason', () => {
  const survivors = JSON.parse(text('properties/scripts/mutants/survivors.json')) as Survivor[];
  expect(stale(survivors)).toEqual([]);
  for (const { before, after, why } of survivors) {
    expect(after).not.toBe(before);
    expect(why.length, before).toBeGreaterThan(20);
  }
  const moved = { file: SUBJECT, before: 'const gone = 1;', after: 'const gone = 2;', why: '' };
  expect(stale([moved])).toEqual([`${SUBJECT}: const gone = 1;`]);
});

async function listed(seed: string): Promise<string> {
  const args = [SCRIPT, '--list', '--sample', '5', '--only', SUBJECT, '--seed', seed];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

test('a sample of faults is the same for the same seed, and only of the files asked for', async () => {
  const [first, again, other] = await Promise.all([listed('1'), listed('1'), listed('2')]);
  expect(again).toBe(first);
  expect(other).not.toBe(first);
  expect(first.match(/^harness\/.*$/gm)).toHaveLength(5);
  expect(first.replaceAll(/^harness\/checkers\/sale-model\.ts:\d+$/gm, '')).not.toMatch(/^harness\//m);
});
