import { describe, expect, test } from 'vitest';
import type { Ended } from '../helpers/command.ts';
import { rotating } from '../helpers/rotating.ts';
import type { Doing } from '../helpers/strategy-sources.ts';
import { trying, type Tried } from '../helpers/trying.ts';

/** With so little memory that it is soon full. */
const ended = (command: Tried, doing: Doing): Promise<Ended> =>
  trying(command, doing, { env: { NODE_OPTIONS: '--max-old-space-size=300' } }).ended;

const KEEP = 'kept.push(new Array(1e4).fill(0.5))';
const FULL = 'MB of memory are full, which is all that Node may have';
const AT_LINE = new RegExp(String.raw`subject\.mjs:\d+: \d+ ${FULL}`);
const IN_INSTANCE = /an instance has filled the memory of its thread, \d+ MB, while it sold/;

/** Who, and where one line does it. */
const CASES: readonly (readonly [Tried, what: string, Doing, said: RegExp])[] = [
  ['explore', 'a purchase fills it in one go', { purchase: `const kept = []; for (;;) ${KEEP}` }, AT_LINE],
  [
    'explore',
    'a purchase fills it with promises between',
    { purchase: `const kept = []; for (;;) { await null; ${KEEP}; }` },
    new RegExp(FULL),
  ],
  ['explore', 'the module fills it', { import: `const kept = []; for (;;) ${KEEP};` }, AT_LINE],
  [
    'explore',
    'a global keeps more with each purchase',
    { purchase: `const kept = (globalThis.kept ??= []); for (let i = 0; i < 1e3; i++) ${KEEP}` },
    new RegExp(FULL),
  ],
  ['bench', 'a purchase fills it', { purchase: `const kept = []; for (;;) ${KEEP}` }, IN_INSTANCE],
  [
    'bench',
    'a module keeps more with each purchase',
    { import: 'const kept = [];', purchase: `for (let i = 0; i < 500; i++) ${KEEP}` },
    IN_INSTANCE,
  ],
  ['evaluate', 'a purchase fills it', { purchase: `const kept = []; for (;;) ${KEEP}` }, AT_LINE],
];

describe('code that fills the memory is told, in place of the end that V8 makes', () => {
  test.each(rotating(CASES, 1, 'out of memory'))('%s: %s', async (...one) => {
    const [command, , doing, said] = one;
    const { exitCode, stderr } = await ended(command, doing);
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/FATAL|bug in oversell|\n +at /);
    expect(exitCode).toBe(2);
  });
});

test('code that drops what it no longer needs may use as much', async () => {
  const { exitCode, stderr } = await ended('explore', {
    purchase: `let kept = []; for (let i = 0; i < 400; i++) { ${KEEP}; if (i % 100 === 0) kept = []; }`,
  });
  expect(exitCode, stderr).toBe(0);
});
