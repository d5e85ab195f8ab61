import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { oversell, start, CLI } from '../helpers/command.ts';
import { rotating } from '../helpers/rotating.ts';
import { hasTerminals, linesOf, onTerminal, tooWide } from '../helpers/terminal.ts';
import { Workshop } from '../helpers/workshop.ts';
import { tables } from './flags/tables.ts';

const workshop = await Workshop.open();
afterAll(() => rmSync(workshop.folder, { recursive: true, force: true }));

/** Short runs of all that print tables, and of what goes wrong. */
const TYPED = [
  'list',
  'doctor',
  'check history.jsonl',
  'replay counterexample.json',
  'report base',
  'compare base base',
  'compare base elsewhere-measured',
  'explore read-then-write --buyers 2 --stock 1 --faults lost-reply=1 --seed 1',
  'explore watch-retry --buyers 3 --max-states 60000 --seed 1',
  'bench lua-decrement read-then-write needy.mjs --trials 1 --buyers 100 --redis-server ./redis-server --seed 1',
  'evaluate lua-decrement needy.mjs --seed 1',
  'evaluate needy.mjs --profile full --seed 1',
  'evaluate lua-decremint',
  'explore lua-decrement --buyers 99',
  '--help',
  ...tables.map(([command]) => `${command} --help`),
];

const ESCAPE = '\u001b[';

describe.runIf(hasTerminals)('on a terminal', () => {
  describe.each([80, 100])('of %i columns', (columns) => {
    test.each(rotating(TYPED, 3, `columns ${columns}`))('no line of oversell %s is wider', async (typed) => {
      const { raw } = await onTerminal(typed.split(' '), columns, { cwd: workshop.place() });
      const lines = linesOf(raw);
      expect(lines.filter((line) => line.trim() !== '').length).toBeGreaterThan(0);
      expect(tooWide(lines, columns)).toEqual([]);
    });
  });

  test('the check bites: the same answer in a pipe has wider lines, and these are found', async () => {
    const typed = ['explore', 'read-then-write', '--buyers', '2', '--stock', '1', '--seed', '1'];
    const cwd = workshop.place();
    const { stdout } = await start(process.execPath, [CLI, ...typed], {}, cwd).ended;
    expect(tooWide(linesOf(stdout), 80)).not.toEqual([]);
    const { raw } = await onTerminal(typed, 80, { cwd });
    expect(tooWide(linesOf(raw), 80)).toEqual([]);
    expect(tooWide(linesOf(raw), 60)).not.toEqual([]);
  });

  test('there are colours, unless NO_COLOR or a dumb terminal wants none', async () => {
    expect((await onTerminal(['list'], 80)).raw).toContain(ESCAPE);
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }, { FORCE_COLOR: '0' }]) {
      expect((await onTerminal(['list'], 80, { env })).raw).not.toContain(ESCAPE);
    }
  });

  test('a document is printed as it is', async () => {
    const { raw } = await onTerminal(['list', '--json'], 80);
    expect(raw).not.toContain(ESCAPE);
    expect(JSON.parse(raw)).toMatchObject({ strategies: expect.any(Array) });
    expect(tooWide(linesOf(raw), 80)).not.toEqual([]);
  });
});

describe('in a pipe', () => {
  test('there are no colours but with FORCE_COLOR, and the text is the same', async () => {
    const [plain, forced] = await Promise.all([
      oversell(['list']).ended,
      oversell(['list'], { FORCE_COLOR: '1' }).ended,
    ]);
    expect(plain.stdout).not.toContain(ESCAPE);
    expect(forced.stdout).toContain(ESCAPE);
    expect(linesOf(forced.stdout)).toEqual(linesOf(plain.stdout));
  });

  test('FORCE_COLOR colours no document', async () => {
    const { stdout } = await oversell(['list', '--json'], { FORCE_COLOR: '1' }).ended;
    expect(stdout).not.toContain(ESCAPE);
  });
});
