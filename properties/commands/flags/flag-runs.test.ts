import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rotating } from '../../helpers/rotating.ts';
import { Workshop, type Run } from '../../helpers/workshop.ts';
import { added } from './table.ts';
import { rowsOf, tables } from './tables.ts';

const workshop = await Workshop.open();
afterAll(() => rmSync(workshop.folder, { recursive: true }));

describe.each(tables)('a run of %s', (command, table) => {
  const all = rowsOf(table).flatMap(({ typed, shows }) => (shows ? [[typed, shows] as const] : []));
  const shown = rotating(all, Math.ceil(all.length / 18), `runs of ${command}`);
  const calls = shown.map(([typed, { of }]) => [typed, of] as const);
  let runs: Map<string, Run>;
  beforeAll(async () => {
    runs = await workshop.run(calls.flatMap(([typed, of]) => [of, added(typed, of)]));
  }, 240_000);

  test.each(shown)('comes out differently with %s', (typed, shows) => {
    const flagged = runs.get(added(typed, shows.of));
    expect(runs.get(shows.of)).toMatchObject(shows.without);
    expect(flagged).toMatchObject(shows.with);
    // What is expected of the one is not true of the other, so it is the flag that is seen.
    expect(flagged).not.toMatchObject(shows.without);
  });
});

test('a run without --seed draws a fresh seed, and prints the command that repeats it', async () => {
  const typed = ['explore lua-decrement --buyers 1', 'explore --buyers 1 lua-decrement'];
  const runs = [...(await workshop.run(typed)).values()];
  const seeds = runs.map(({ stderr }) => /^seed (\d+); again: .* --seed \1$/m.exec(stderr)?.[1]);
  expect(seeds).toEqual([expect.any(String), expect.any(String)]);
  expect(seeds[0]).not.toBe(seeds[1]);
});

test('a flag that is given twice has to say the same: the first would be ignored', async () => {
  const faults = 'explore lua-decrement --buyers 1 --faults crash=1';
  const twice = [`${faults} --faults lost-reply=1`, `${faults} --faults crash=1`, 'list --redis a --redis b'];
  const runs = [...(await workshop.run(twice)).values()];
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([2, 1, 2]);
  expect(runs[0]!.stderr).toContain('oversell: --faults is given twice, and only the last would count');
  expect(runs[2]!.stderr).toContain('--redis is given twice');
});
