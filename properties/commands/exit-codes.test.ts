import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT_CODES } from '../../harness/terminal/exit-codes.ts';
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
