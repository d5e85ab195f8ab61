import { expect, test } from 'vitest';
import type { Cell } from '../../../harness/documents/result.ts';
import { annotations } from '../../../reports/ci/annotations.ts';
import { judgedOfResult, type Judged } from '../../../reports/ci/judged.ts';
import { junit } from '../../../reports/ci/junit.ts';
import { resultOf, strategyResult } from '../../helpers/results.ts';

const judged = (some: Partial<Judged>): Judged => ({
  strategy: 'mine',
  where: 'calm, exhausted',
  what: 'oversell',
  verdict: 'holds',
  fails: false,
  message: '',
  ...some,
});

const broken = judged({
  verdict: 'violated',
  fails: true,
  message: '2 units were sold of 1: 100 % too many,\nof a < b & "c"',
  at: { file: '/shop/src/sell.ts', line: 44 },
});

/** How many cases a file says that it has, and how each of them came out. */
function countsIn(xml: string): { said: string; found: Record<string, number> } {
  const count = (tag: RegExp): number => [...xml.matchAll(tag)].length;
  return {
    said: /<testsuites name="oversell" ([^>]*)>/.exec(xml)![1]!,
    found: {
      tests: count(/<testcase /g),
      failures: count(/<failure /g),
      errors: count(/<error /g),
      skipped: count(/<skipped /g),
    },
  };
}

test('JUnit has a failure for what fails, an error for what is open, and skips what says nothing', () => {
  const xml = junit([
    judged({}),
    broken,
    judged({ verdict: 'inconclusive', fails: true }),
    judged({ verdict: 'inconclusive' }),
    judged({ verdict: 'n/a' }),
    judged({ verdict: 'violated', message: 'as it declares' }),
  ]);
  expect(countsIn(xml)).toEqual({
    said: 'tests="6" failures="1" errors="1" skipped="2"',
    found: { tests: 6, failures: 1, errors: 1, skipped: 2 },
  });
});

test('each strategy in each environment is a suite', () => {
  const xml = junit([judged({}), judged({ where: 'retry, exhausted' }), judged({ strategy: 'other' })]);
  expect([...xml.matchAll(/<testsuite name="([^"]*)"/g)].map(([, name]) => name)).toEqual([
    'mine, calm, exhausted',
    'mine, retry, exhausted',
    'other, calm, exhausted',
  ]);
});

test('a failure becomes a note at its line, in the form that GitHub reads', () => {
  expect(annotations([broken], '/shop')).toEqual([
    '::error file=src/sell.ts,line=44,title=mine%3A oversell is violated::' +
      '2 units were sold of 1: 100 %25 too many,%0Aof a < b & "c" (calm, exhausted)',
  ]);
});

test('what passes is no note, and one property of a strategy is one', () => {
  const elsewhere = { ...broken, where: 'retry, exhausted' };
  const open = judged({ what: 'progress', verdict: 'inconclusive', fails: true });
  const notes = annotations([judged({}), broken, elsewhere, open], '/shop');
  expect(notes.map((note) => note.split(' ')[0])).toEqual(['::error', '::warning']);
});

const violated: Partial<Cell> = { verdict: 'violated', evidence: [{ message: 'too many', operations: [] }] };

/** What fails of a run with that one cell, and why. */
const failing = (cell: Partial<Cell>): unknown[] =>
  judgedOfResult(resultOf(strategyResult({ oversell: cell })))
    .filter(({ fails }) => fails)
    .map(({ what, message }) => [what, message]);

test('of a run, what is declared passes, and what is not fails', () => {
  expect(failing(violated)).toEqual([['oversell', 'too many']]);
  expect(failing({ ...violated, declared: 'breaks' })).toEqual([]);
});
