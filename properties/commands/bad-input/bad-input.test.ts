import { readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLI, start, type Ended } from '../../helpers/command.ts';
import { rotating } from '../../helpers/rotating.ts';
import { Workshop } from '../../helpers/workshop.ts';
import { wordsOf, type Row } from './table.ts';
import { badInputs } from './tables.ts';

const workshop = await Workshop.open();
afterAll(() => rmSync(workshop.folder, { recursive: true, force: true }));

/** What is wrong with how a command line is told off; `<here>` stands for the folder in which it was typed. */
function faultsIn({ exitCode, stdout, stderr }: Ended, row: Row, folder: string): string[] {
  const [, sentence, expected = 2] = row;
  const said = stderr.replaceAll(folder, '<here>');
  const at = said.indexOf(`oversell: ${sentence}`);
  const [, remedy = ''] = said.slice(at).split('\n');
  return [
    ...(exitCode === expected ? [] : [`it exits ${exitCode}`]),
    ...(at >= 0 && sentence !== '' ? [] : [`it says ${said}`]),
    ...(remedy.trim() === '' ? ['it says nothing of what to do'] : []),
    ...(/\n\s+at |bug in oversell|\[object Object\]|: undefined\b/.test(said)
      ? [`it is no user's: ${said}`]
      : []),
    ...(stdout === '' || row[0].includes('--json') ? [] : ['it answers all the same']),
  ];
}

const together = Object.entries(badInputs).filter(([, { alone }]) => !alone);

describe.each(together)('%s', (_, { rows, files, env }) => {
  let folder: string;
  let before: string[];
  let runs: readonly Ended[];
  beforeAll(async () => {
    folder = workshop.place(files);
    before = readdirSync(folder).toSorted();
    runs = await workshop.runIn(
      folder,
      rows.map(([typed]) => wordsOf(typed)),
      env,
    );
  }, 120_000);

  test.each(rows.map((row, i) => [row[0], row, i] as const))(
    'oversell %s ends with its exit code, a sentence and what to do',
    (_typed, row, i) => {
      expect(faultsIn(runs[i]!, row, folder)).toEqual([]);
    },
  );

  test('nothing of it writes anything', () => {
    expect(readdirSync(folder).toSorted()).toEqual(before);
  });
});

const all = Object.values(badInputs).flatMap(({ rows, files, env }) =>
  rows.map((row) => ({ row, files, env })),
);

test('there are some hundred of them, none twice', () => {
  expect(all.length).toBeGreaterThanOrEqual(300);
  for (const { rows } of Object.values(badInputs))
    expect(new Set(rows.map(([typed]) => typed)).size).toBe(rows.length);
});

const { rows: ofCode, files, env } = badInputs['files of strategies']!;
const alone = [
  ...rotating(all, 3, 'bad input'),
  ...rotating(ofCode, 4, 'bad strategies').map((row) => ({ row, files, env })),
];

test.each(alone.map((one) => [one.row[0], one] as const))(
  'the command itself, alone in its process, says the same of oversell %s',
  async (typed, { row, ...given }) => {
    const folder = workshop.place(given.files);
    const ended = await start(process.execPath, [CLI, ...wordsOf(typed)], given.env, folder).ended;
    expect(faultsIn(ended, row, folder)).toEqual([]);
  },
);

describe('the check bites: it is no good answer', () => {
  const row: Row = ['explore', 'the file is missing'];
  const good: Ended = { exitCode: 2, stdout: '', stderr: 'oversell: the file is missing\ncheck the path\n' };
  const twins: readonly (readonly [what: string, ended: Partial<Ended>])[] = [
    ['with another exit code', { exitCode: 1 }],
    ['that answers besides', { stdout: '{}\n' }],
    ['without a remedy', { stderr: 'oversell: the file is missing\n\n' }],
    ['in other words', { stderr: 'oversell: ENOENT\ncheck the path\n' }],
    ['with a stack', { stderr: `${good.stderr}    at run (cli.js:1:1)\n` }],
    ['as a bug of ours', { stderr: 'oversell: the file is missing\nthis is a bug in oversell\n' }],
    ['with what a program prints of nothing', { stderr: 'oversell: the file is missing: undefined\nlook\n' }],
  ];
  test.each(twins)('%s', (_, twin) => {
    expect(faultsIn(good, row, '/here')).toEqual([]);
    expect(faultsIn({ ...good, ...twin }, row, '/here')).not.toEqual([]);
  });
});
