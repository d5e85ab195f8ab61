import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { benchResultSchema } from '../../harness/documents/figures.ts';
import { checkResultSchema } from '../../harness/documents/judgement.ts';
import { bench, check } from '../../harness/library/oversell.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { RACE, SCRIPT, selling } from '../helpers/small-files.ts';
import { folderWith } from '../helpers/strategy-sources.ts';

const SMALL = { buyers: 200, stock: 50, trials: 1, seed: 1, workers: 1, inFlight: 16 } as const;

describe('bench()', () => {
  test('measures files with the verdict on what was measured, and keeps histories that check() judges', async () => {
    const folder = folderWith({ 'race.mjs': selling('race', RACE), 'script.mjs': selling('script', SCRIPT) });
    const histories = temporaryFolder();
    const files = ['script.mjs', 'race.mjs'].map((name) => pathToFileURL(join(folder, name)));
    const found = await bench(files, { ...SMALL, histories });
    expect(benchResultSchema.safeParse(found).error).toBeUndefined();
    const rows = found.strategies.flatMap((row) => ('skipped' in row ? [] : [row]));
    expect(rows.map(({ strategy, properties }) => [strategy, properties.oversell])).toEqual([
      ['script', 'holds'],
      ['race', 'violated'],
    ]);
    const judged = await check(pathToFileURL(join(histories, 'script.jsonl')));
    expect(checkResultSchema.safeParse(judged).error).toBeUndefined();
    expect(judged.properties.oversell.verdict).toBe('holds');
    expect(judged.operations).toBeGreaterThanOrEqual(200);
  });

  test.each([
    ['nothing', () => bench([]), /bench\(\) was given no file/],
    ['an object', () => bench({} as unknown as string), /bench\(\) was given no file/],
    ['no trial', () => bench('lua-decrement', { trials: 0 }), /^trials is 0/],
    ['half a buyer', () => bench('lua-decrement', { buyers: 0.5 }), /^buyers is 0\.5/],
    ['two loops', () => bench('lua-decrement', { mode: 'closed', rate: 5 }), /a closed loop has no arrivals/],
    ['no such file', () => bench('./nowhere.ts'), /nowhere\.ts does not exist/],
  ])('of %s says what to give instead, in options', async (_, call, said) => {
    await expect(call()).rejects.toMatchObject({
      message: expect.stringMatching(said),
      remedy: expect.not.stringContaining('--'),
    });
  });
});

const sale = '{"oversell":1,"sale":{"sku":"item","stock":1}}';
const sold = (request: string, at: number): string =>
  `{"process":0,"request":"${request}","attempt":1,"user":"${request}","op":"purchase","quantity":1,"invoked":${at},"completed":${at + 1},"outcome":"sold"}`;

describe('check()', () => {
  test('judges a file, and its twin in which two were sold of one', async () => {
    const folder = folderWith({
      'one.jsonl': [sale, sold('a', 1)].join('\n'),
      'two.jsonl': [sale, sold('a', 1), sold('b', 3)].join('\n'),
    });
    const oversold = async (name: string): Promise<string> =>
      (await check(join(folder, name))).properties.oversell.verdict;
    expect(await oversold('two.jsonl')).toBe('violated');
    expect(await oversold('one.jsonl')).not.toBe('violated');
  });

  test('names a line that is corrupt', async () => {
    const folder = folderWith({ 'bad.jsonl': `${sale}\n{"process":` });
    await expect(check(join(folder, 'bad.jsonl'))).rejects.toMatchObject({
      message: expect.stringMatching(/bad\.jsonl line 2 is not JSON/),
    });
  });
});
