import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import {
  MOST_ATTEMPTS,
  MOST_BUYERS,
  MOST_OFFICES,
  MOST_OF_ONE,
  MOST_UNITS,
} from '../../harness/documents/limits.ts';
import { CLI, oversell, start } from '../helpers/command.ts';
import { Workshop } from '../helpers/workshop.ts';
import { tables } from './flags/tables.ts';
import { thirdOf } from '../helpers/rotating.ts';

const workshop = await Workshop.open();
afterAll(() => rmSync(workshop.folder, { recursive: true, force: true }));

/** Command lines that stand in a help, without the name of the program. */
const examplesIn = (help: string): string[] =>
  [...(help.split('\nExamples:\n')[1] ?? '').matchAll(/^ {2}oversell (.*)$/gm)].map(([, typed]) => typed!);

const helpOf = async (...words: string[]): Promise<string> =>
  (await oversell([...words, '--help']).ended).stdout;

/** What an example names, as it is called in the workshop. */
const there = (typed: string): string =>
  typed
    .replace(/ runs\/\S+/, ' base')
    .replace(/ runs\/\S+/, ' base')
    .replace('./sell.ts', './paying.mjs');

describe.each(thirdOf(tables, 'examples'))('the examples of %s', (command, { engine, passed }) => {
  test('are calls of it that reach what they are for', async () => {
    const examples = examplesIn(await helpOf(command));
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.filter((typed) => typed.split(' ')[0] !== command)).toEqual([]);
    const typed = examples.map(there);
    if (engine) {
      await expect(workshop.reaching(typed, passed ?? [], engine)).resolves.toHaveLength(typed.length);
    } else {
      const exitCodes = [...(await workshop.run(typed)).values()].map(({ exitCode }) => exitCode);
      expect(exitCodes).toEqual(typed.map(() => 0));
    }
  });
});

test('an example with a flag that there is not is found', async () => {
  const { engine, passed } = tables.find(([command]) => command === 'bench')![1];
  await expect(workshop.reaching(['bench --arrival constant'], passed ?? [], engine!)).rejects.toThrow(
    "unknown option '--arrival'",
  );
});

test('the first help has examples, too, and each of them is answered', async () => {
  const examples = examplesIn(await helpOf());
  expect(examples.length).toBeGreaterThan(1);
  const cwd = workshop.place();
  for (const typed of examples.filter((one) => !one.startsWith('evaluate'))) {
    const { exitCode } = await start(process.execPath, [CLI, ...typed.split(' ')], {}, cwd).ended;
    expect([0, 1]).toContain(exitCode);
  }
});

test('the limits that help tells are those that hold: the greatest is taken, and one more is refused', async () => {
  const help = (await helpOf('explore')).replaceAll(/\s+/g, ' ');
  const limits = {
    buyers: MOST_BUYERS,
    stock: MOST_UNITS,
    attempts: MOST_ATTEMPTS,
    releases: MOST_OF_ONE,
    restocks: MOST_OF_ONE,
    jobs: MOST_OF_ONE,
  };
  for (const [flag, most] of Object.entries(limits)) {
    const [, told] = new RegExp(`--${flag} <n> [^()]*\\(\\d+ to (\\d+)\\)`).exec(help) ?? [];
    expect(Number(told)).toBe(most);
  }
  expect(help).toMatch(new RegExp(`--offices <n> .*\\(1 to ${MOST_OFFICES}\\)`));
  const runs = await workshop.runIn(
    workshop.place(),
    Object.entries(limits).map(([flag, most]) => [
      'explore',
      'no-such-strategy',
      `--${flag}`,
      String(most + 1),
    ]),
  );
  for (const { stderr } of runs) expect(stderr).toMatch(/oversell: --\w+ is \d+\ngive a whole number from/);
  const taken = await workshop.runIn(
    workshop.place(),
    Object.entries(limits).map(([flag, most]) => ['explore', 'no-such-strategy', `--${flag}`, String(most)]),
  );
  for (const { stderr } of taken) expect(stderr).toContain('there is no strategy "no-such-strategy"');
});

test('a name of a strategy that is nearly right is answered with the one that was meant', async () => {
  const typed = ['lua-decremint', 'Lua-Decrement', 'watchretry', 'nothing-like-it'];
  const runs = await workshop.runIn(
    workshop.place(),
    typed.map((name) => ['explore', name]),
  );
  const meant = runs.map(({ stderr }) => /did you mean "([^"]+)"/.exec(stderr)?.[1]);
  expect(meant).toEqual(['lua-decrement', 'lua-decrement', 'watch-retry', undefined]);
  expect(runs.at(-1)!.stderr).toContain('choose one of read-then-write, ');
});
