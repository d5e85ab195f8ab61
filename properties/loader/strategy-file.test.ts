import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rotating } from '../helpers/rotating.ts';
import {
  folderWith,
  loaded,
  loadedWithin,
  NAIVE,
  strategy,
  type Loaded,
} from '../helpers/strategy-sources.ts';

/** Loads one file, beside others, from a folder of its own. */
async function load(name: string, text: string, beside: Record<string, string> = {}): Promise<Loaded> {
  return loaded(join(folderWith({ ...beside, [name]: text }), name));
}

const names = ({ strategies }: Loaded): string[] | undefined => strategies?.map(({ name }) => name);

describe('a file far from any package loads', () => {
  test.each(['sell.ts', 'sell.mts'])('%s loads, and its types are erased', async (file) => {
    const typed = `interface Unused { a: number }\n${NAIVE}\nexport type Also = Unused;\n`;
    expect(await load(file, typed)).toMatchObject({
      exitCode: 0,
      strategies: [{ name: 'naive', export: 'naive' }],
    });
  });

  test.each(['sell.js', 'sell.mjs'])('%s loads as plain JavaScript, and not with types', async (file) => {
    const plain = NAIVE.replace(/^import.*\n/, '').replace(': Strategy', '');
    expect(names(await load(file, plain))).toEqual(['naive']);
    // With its types it is no JavaScript, and no path hides that.
    expect(await load(file, NAIVE)).toMatchObject({ exitCode: 2, error: { code: 'SYNTAX_ERROR' } });
  });

  const reading = `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
const texts = [
  readFileSync(new URL('./take.lua', import.meta.url), 'utf8'),
  readFileSync(join(import.meta.dirname, 'take.lua'), 'utf8'),
  readFileSync(new URL(import.meta.resolve('./take.lua')), 'utf8'),
];
if (new Set(texts).size !== 1) throw new Error('not one text');
`;
  test('Lua files are read relative to it', async () => {
    expect(names(await load('sell.ts', reading + NAIVE, { 'take.lua': 'return 1' }))).toEqual(['naive']);
    expect((await load('sell.ts', reading + NAIVE)).error?.message).toMatch(/sell\.ts:4: .*ENOENT/);
  });

  test.each(['./key.ts', './key.js', './key', './deep/key.js'])('it imports %s', async (specifier) => {
    const text = `import { key } from '${specifier}';\nif (key !== 'stock') throw new Error(key);\n${NAIVE}`;
    const key = "export const key: string = 'stock';";
    expect(names(await load('sell.ts', text, { 'key.ts': key, 'deep/key.ts': key }))).toEqual(['naive']);
  });

  test('a JavaScript file that is there wins over a TypeScript file that could be meant', async () => {
    const text = `import { key } from './key.js';\nif (key !== 'js') throw new Error(key);\n${NAIVE}`;
    const beside = { 'key.js': "export const key = 'js';", 'key.ts': "export const key = 'ts';" };
    expect(names(await load('sell.ts', text, beside))).toEqual(['naive']);
  });

  const packages = ['ioredis', 'oversell/contract', 'oversell/errors', 'oversell/script'];
  test.each(packages)('it finds %s without a node_modules', async (name) => {
    expect(names(await load('sell.ts', `import * as all from '${name}';\nvoid all;\n${NAIVE}`))).toEqual([
      'naive',
    ]);
  });

  test('but no other package of ours, and its own copy of one comes first', async () => {
    const text = `import { z } from 'zod';\nvoid z;\n${NAIVE}`;
    expect((await load('sell.ts', text)).error).toMatchObject({
      code: 'MODULE_NOT_FOUND',
      message: expect.stringContaining('sell.ts:1: ') as string,
      remedy: expect.stringContaining('npm install zod') as string,
    });
    const own = {
      'node_modules/ioredis/package.json': '{"name":"ioredis","main":"index.js"}',
      'node_modules/ioredis/index.js': "exports.Redis = 'its own';",
    };
    const asking = `import { Redis } from 'ioredis';\nif (Redis !== 'its own') throw new Error('ours');\n${NAIVE}`;
    expect(names(await load('sell.ts', asking, own))).toEqual(['naive']);
  });

  test('it may await at top level', async () => {
    const text = `await new Promise((resolve) => setTimeout(resolve, 1));\n${NAIVE}`;
    expect(names(await load('sell.ts', text))).toEqual(['naive']);
  });
});

describe('all that a file exports in the right shape is a strategy', () => {
  const two = `${strategy('one', 'a')}${strategy('two', 'b').replace(/^import.*\n/, '')}`;

  test('each under its own name, a second export of one object aside', async () => {
    const all = await load('sell.ts', `${two}export const key = 'stock';\nexport { a as again };\n`);
    expect(all.strategies).toMatchObject([
      { name: 'one', export: 'a' },
      { name: 'two', export: 'b' },
    ]);
  });

  test('no two share a name', async () => {
    const { error } = await load('sell.ts', two.replace("'two'", "'one'"));
    expect(error).toMatchObject({ code: 'DUPLICATE_NAME' });
    expect(error?.message).toMatch(/sell\.ts:14: a and b are both named "one"/);
  });
});

describe('what is wrong with a file is told with file, line and remedy, and exits 2', () => {
  test.each<[fault: string, told: { code: string; line: number; words: string }, text: string]>([
    [
      'nothing exported',
      { code: 'NO_STRATEGY', line: 1, words: 'it exports nothing' },
      NAIVE.replace('export ', ''),
    ],
    [
      'no strategy exported',
      { code: 'NO_STRATEGY', line: 1, words: 'it exports key' },
      "export const key = 'stock';",
    ],
    [
      'a field of the wrong kind',
      { code: 'WRONG_SHAPE', line: 3, words: 'naive.connection' },
      NAIVE.replace("'shared'", "'sharde'"),
    ],
    [
      'a missing field',
      { code: 'WRONG_SHAPE', line: 2, words: 'naive.seller is wrong: it is missing' },
      NAIVE.replace('seller:', 'seler:'),
    ],
    [
      'a guarantee that does not exist',
      { code: 'WRONG_SHAPE', line: 4, words: 'naive.guarantees.oversell.calm' },
      NAIVE.replace("'shared',", "'shared',\n  guarantees: { oversell: { calm: 'hold' } },"),
    ],
    [
      'a syntax error',
      { code: 'SYNTAX_ERROR', line: 7, words: 'Unexpected ")"' },
      NAIVE.replace('< 1)', '<)'),
    ],
    [
      'a throw at import',
      { code: 'IMPORT_FAILED', line: 13, words: 'TypeError: no shop' },
      `${NAIVE}throw new TypeError('no shop');`,
    ],
    [
      'a rejection at import',
      { code: 'IMPORT_FAILED', line: 16, words: 'Error: no shop' },
      `${NAIVE}interface Erased {\n  a: 1;\n}\nawait Promise.reject(new Error('no shop'));`,
    ],
    [
      'a rejection that nobody looks at',
      { code: 'IMPORT_FAILED', line: 13, words: 'Error: no shop' },
      `${NAIVE}void Promise.reject(new Error('no shop'));`,
    ],
    [
      'something thrown that is no error',
      { code: 'IMPORT_FAILED', line: 13, words: 'no shop' },
      `${NAIVE}throw 'no shop';`,
    ],
    [
      'an import of nothing',
      { code: 'MODULE_NOT_FOUND', line: 1, words: 'nowhere.js' },
      `import './nowhere.js';\n${NAIVE}`,
    ],
    [
      'an import of no export',
      { code: 'SYNTAX_ERROR', line: 3, words: 'nothing' },
      `interface Erased { a: 1 }\n\nimport { nothing } from './other.ts';\nvoid nothing;\n${NAIVE}`,
    ],
  ])('a file with %s is refused with its line', async (_, { code, line, words }, text) => {
    const { exitCode, error } = await load('sell.ts', text, { 'other.ts': 'export const a = 1;' });
    expect({ exitCode, code: error?.code }).toEqual({ exitCode: 2, code });
    expect(error?.message).toContain(`/sell.ts:${line}: `);
    expect(error?.message).toContain(words);
    expect(error?.remedy).not.toBe('');
  });

  test('a fault in an imported file names that file', async () => {
    const other = { 'key.ts': 'interface A { a: 1 }\n\nexport const key = ;' };
    const { error } = await load('sell.ts', `import { key } from './key.js';\nvoid key;\n${NAIVE}`, other);
    expect(error).toMatchObject({ code: 'SYNTAX_ERROR' });
    expect(error?.message).toContain('/key.ts:3: Unexpected ";"');
  });

  test.each([
    ['nowhere.ts', 'NO_SUCH_FILE'],
    ['.', 'UNSUPPORTED_FILE'],
    ['sell.py', 'UNSUPPORTED_FILE'],
  ])('%s is refused as no file of strategies', async (name, code) => {
    const folder = folderWith({ 'sell.py': '' });
    const { exitCode, error } = await loaded(join(folder, name));
    expect({ exitCode, code: error?.code }).toEqual({ exitCode: 2, code });
    expect(error?.message).toContain(join(folder, name));
  });
});

test('in a process of its own it comes to the same', async () => {
  const file = join(folderWith({ 'sell.ts': NAIVE, 'nothing.ts': 'export {};' }), 'sell.ts');
  expect(await loadedWithin(file, 10_000)).toEqual(await loaded(file));
  const nothing = join(dirname(file), 'nothing.ts');
  const told = await loadedWithin(nothing, 10_000);
  expect(told).toMatchObject({ exitCode: 2, error: { code: 'NO_STRATEGY' } });
  expect(told).toEqual(await loaded(nothing));
});

describe('an import that does not end', () => {
  /** Long enough for a busy machine to load a file that does end. */
  const LIMIT_MS = 3_000;
  const within = (text: string): Promise<Loaded> =>
    loadedWithin(
      join(folderWith({ 'sell.ts': `interface Erased {\n  a: 1;\n}\n${text}\n${NAIVE}` }), 'sell.ts'),
      LIMIT_MS,
    );

  const endless: [what: string, code: string, text: string][] = [
    ['a loop', 'ENDLESS_LOOP', 'for (;;) {}'],
    ['a loop of resolved promises', 'ENDLESS_LOOP', 'for (;;) await null;'],
    ['a promise that never settles', 'IMPORT_TIMED_OUT', 'await new Promise(() => {});'],
  ];
  test.each(rotating(endless, 1, 'endless imports'))(
    'an import that does not end because of %s is found where it is',
    async (_, code, text) => {
      const { exitCode, error } = await within(text);
      expect({ exitCode, code: error?.code }).toEqual({ exitCode: 2, code });
      expect(error?.message).toContain('/sell.ts:4: ');
    },
  );

  test('one that does end is let go', async () => {
    expect(names(await within('for (let i = 0; i < 1e6; i++) await null;'))).toEqual(['naive']);
  });
});
