import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT_CODES } from '../../harness/terminal/exit-codes.ts';
import { oversell } from '../helpers/command.ts';
import { documentedHistory, Workshop, type Run } from '../helpers/workshop.ts';

const workshop = await Workshop.open();
afterAll(() => rmSync(workshop.folder, { recursive: true }));

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

function written(name: string, text: string): string {
  const file = join(workshop.folder, name);
  writeFileSync(file, text);
  return file;
}

const counterexample = read('reports/example/counterexamples/multi-without-watch-calm-oversell.json');
const boundless = written(
  'boundless.mjs',
  `export const boundless = {
    name: 'boundless', summary: 'never looks at the stock', connection: 'shared',
    open: async (redis, sale) => void (await redis.set('stock', sale.stock)),
    seller: (redis) => ({
      remaining: async () => Math.max(0, Number(await redis.get('stock'))),
      purchase: async () => (await redis.decr('stock'), { kind: 'sold' }),
    }),
  };`,
);

/** What is run, and what the answer's field comes to. */
const CASES: readonly (readonly [call: string, field: string, value: string, exitCode: number])[] = [
  ['check history.jsonl', 'verdict', 'holds', 0],
  [
    `check ${written('sold-twice.jsonl', documentedHistory.replace('"value":6', '"value":7'))}`,
    'verdict',
    'violated',
    1,
  ],
  [
    `check ${written('no-ledger.jsonl', documentedHistory.replace(/\n\{"op":"recorded".*/, ''))}`,
    'verdict',
    'inconclusive',
    3,
  ],
  [`replay ${written('same.json', counterexample)}`, 'result', 'confirmed', 1],
  [
    // The same steps, asked about a property that they do not violate.
    `replay ${written('other-property.json', counterexample.replace('"oversell",\n', '"stranded",\n'))}`,
    'result',
    'no-longer-violated',
    0,
  ],
  [
    `replay ${written('other-code.json', counterexample.replace('"multi-without-watch"', '"lua-decrement"'))}`,
    'result',
    'diverged',
    3,
  ],
];

let runs: Map<string, Run>;
beforeAll(async () => {
  runs = await workshop.run(CASES.map(([call]) => `${call} --json`));
}, 240_000);

test.each(CASES.map((one) => [one[0].replace(/ .*\//, ' '), one] as const))(
  '%s ends with the exit code of its verdict',
  (_, [call, field, value, exitCode]) => {
    expect(runs.get(`${call} --json`)).toMatchObject({ exitCode, document: { [field]: value } });
  },
);

test('a session in which an undeclared property is violated ends with 1, and one in which all hold with 0', async () => {
  const flags = '--trials 1 --buyers 100 --redis-server ./redis-server --json';
  const calls = [`bench ${boundless} ${flags}`, `bench lua-decrement ${flags}`];
  const ended = [...(await workshop.run(calls)).values()];
  expect(ended.map(({ exitCode }) => exitCode)).toEqual([1, 0]);
  expect(ended[0]!.document).toMatchObject({ strategies: [{ properties: { oversell: 'violated' } }] });
});

test('the exit codes are those that the README lists', () => {
  const listed = /^Exit codes: [^]*?\n\n/m.exec(read('README.md'))![0];
  const codes = [...listed.matchAll(/\b(\d+)\b/g)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(EXIT_CODES).toSorted((a, b) => a - b));
});

/** Where the loader of a package with a compiled part looks for that, and nowhere else. */
const ELSEWHERE = { NAPI_RS_NATIVE_LIBRARY_PATH: join(workshop.folder, 'nowhere.node') };

test('a compiler without its compiled part is what the machine lacks, and no bug of ours', async () => {
  const words = ['explore', 'lua-reserve-once', '--buyers', '1', '--stock', '1', '--json'];
  const { exitCode, stdout } = await oversell(words, ELSEWHERE).ended;
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; remedy: string } };
  expect(error.code).toBe('NO_BINDING');
  expect(error.message).toMatch(/^oxc-transform lacks its compiled part for this machine/);
  expect(error.remedy).toContain('npm install');
  expect(exitCode).toBe(4);
  expect((await oversell(words).ended).exitCode).toBe(0);
});

const FLEETING = `import { rmSync } from 'node:fs';
  rmSync(new URL(import.meta.url), { force: true });
  ${readFileSync(boundless, 'utf8')}`;

test.each([
  [
    'bench',
    ['--trials', '1', '--buyers', '10'],
    'does not exist\ncheck the path; if it could be loaded before,',
  ],
  [
    'explore',
    ['--buyers', '1', '--stock', '1'],
    'cannot be read: there is no such file\nleave the files of the code',
  ],
] as const)(
  '%s: a file that is gone once its command has begun is told as that',
  async (name, flags, said) => {
    const fleeting = written('fleeting.mjs', FLEETING);
    const { exitCode, stderr } = await oversell([name, fleeting, ...flags]).ended;
    expect(stderr).toContain(`${fleeting} ${said}`);
    expect(exitCode).toBe(2);
  },
);
