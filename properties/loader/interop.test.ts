import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { oversell } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { checking, loadedTwice, projectWith, TAKEN, tsconfig } from '../helpers/projects.ts';
import { sometimes } from '../helpers/rotating.ts';
import { loaded, NAIVE } from '../helpers/strategy-sources.ts';

/** CommonJS whose names are there only when it runs, as those of lodash. */
const DYNAMIC = {
  'node_modules/dashes/package.json': '{ "name": "dashes", "main": "dashes.js" }',
  'node_modules/dashes/dashes.js': `(function () {
  var _ = function () { return 'called'; };
  _.set = (object, key, value) => ({ ...object, [key]: value });
  _.VERSION = '1';
  module.exports = _;
}).call(this);`,
};

/** What TypeScript makes of an ES module. */
const COMPILED = {
  'node_modules/compiled/package.json': '{ "name": "compiled", "main": "index.js" }',
  'node_modules/compiled/index.js': `Object.defineProperty(exports, '__esModule', { value: true });
exports.default = 'its default';
exports.unit = 1;`,
};

const KINDS: [kind: string, files: Record<string, string>][] = [
  ['a file far from any package', {}],
  ['a bundler’s project', { 'tsconfig.json': tsconfig({ module: 'esnext', moduleResolution: 'bundler' }) }],
  [
    'a project that is compiled to CommonJS',
    { 'package.json': '{}', 'tsconfig.json': tsconfig({ module: 'commonjs', esModuleInterop: true }) },
  ],
  [
    'a project of CommonJS for Node',
    { 'package.json': '{}', 'tsconfig.json': tsconfig({ module: 'nodenext' }) },
  ],
];

describe('imports of CommonJS mean what they mean where the code runs', () => {
  const text = `import dashes, { set as put, VERSION } from 'dashes';
import * as everything from 'dashes';
import itsDefault, { unit } from 'compiled';
import * as namespace from 'compiled';
import fs, { existsSync } from 'node:fs';
export { set as again } from 'dashes';
function check(expect: (found: unknown, meant: unknown) => void) {
  expect([put({}, 'a', 1), VERSION, (dashes as () => string)()], [{ a: 1 }, '1', 'called']);
  expect([everything.set({}, 'a', 1), everything.default === dashes], [{ a: 1 }, true]);
  expect([itsDefault, unit, namespace.default, namespace.unit], ['its default', 1, 'its default', 1]);
  expect(fs.existsSync === existsSync, true);
}
`;

  test.each(KINDS)(
    'in %s: names that are there when it runs, and defaults that it marks',
    async (_, files) => {
      const folder = projectWith({ ...DYNAMIC, ...COMPILED, ...files, 'sell.ts': checking(text) });
      const { node, explorer } = await loadedTwice(folder);
      expect(node).toMatchObject(TAKEN.node);
      expect(explorer).toEqual({ exports: ['again', 'naive'] });
    },
  );

  test.each(['sell.ts', 'sell.mts'])(
    'an ES module of Node’s own, %s, gets what Node gives it',
    async (name) => {
      const files = {
        ...DYNAMIC,
        ...COMPILED,
        'package.json': '{ "type": "module" }',
        'tsconfig.json': tsconfig({ module: 'nodenext' }),
      };
      const whole = `import whole, { unit } from 'compiled';
function check(expect: (found: unknown, meant: unknown) => void) {
  expect([(whole as unknown as { default: string }).default, unit], ['its default', 1]);
}
`;
      expect(await loadedTwice(projectWith({ ...files, [name]: checking(whole) }), name)).toMatchObject(
        TAKEN,
      );
      const { exitCode, error } = await loaded(join(projectWith({ ...files, [name]: checking(text) }), name));
      expect({ exitCode, code: error?.code }).toEqual({ exitCode: 2, code: 'SYNTAX_ERROR' });
      expect(error?.message).toMatch(/VERSION.*'dashes'|'dashes'.*VERSION/);
    },
  );

  test('a namespace may be called where TypeScript is not told of interop', async () => {
    const called = `import * as dashes from 'dashes';
function check(expect: (found: unknown, meant: unknown) => void) { expect((dashes as unknown as () => string)(), 'called'); }
`;
    const project = (options: object): string =>
      projectWith({ ...DYNAMIC, 'sell.ts': checking(called), 'tsconfig.json': tsconfig(options) });
    expect(await loadedTwice(project({ module: 'commonjs' }))).toMatchObject(TAKEN);
    const { node } = await loadedTwice(project({ module: 'commonjs', esModuleInterop: true }));
    expect(node.error).toMatchObject({ code: 'IMPORT_FAILED' });
  });

  test('an ES module with a default and a namespace import of one package has both', async () => {
    const both = `import compiled, * as all from 'compiled';
function check(expect: (found: unknown, meant: unknown) => void) { expect([compiled, all.unit], ['its default', 1]); }
`;
    expect(await loadedTwice(projectWith({ ...COMPILED, 'sell.ts': checking(both) }))).toMatchObject(TAKEN);
  });
});

describe('a package that has only ES modules is imported', () => {
  const ESM = {
    'node_modules/modern/package.json':
      '{ "name": "modern", "type": "module", "exports": { "import": "./index.js" } }',
    'node_modules/modern/index.js': "export const kind = 'modern'; export default 'default';",
  };
  const text = `import kindDefault, { kind } from 'modern';
function check(expect: (found: unknown, meant: unknown) => void) { expect([kind, kindDefault], ['modern', 'default']); }
`;

  test.each(KINDS.slice(0, 2))('by %s', async (_, files) => {
    expect(await loadedTwice(projectWith({ ...ESM, ...files, 'sell.ts': checking(text) }))).toMatchObject(
      TAKEN,
    );
  });

  test('by a dynamic import in CommonJS for Node', async () => {
    const later = `const modern = import('modern');
function check() { void modern.then(({ kind }) => { if (kind !== 'modern') throw new Error(kind); }); }
`;
    const folder = projectWith({ ...ESM, ...KINDS[3]![1], 'sell.ts': checking(later) });
    expect((await loadedTwice(folder)).node).toMatchObject(TAKEN.node);
  });
});

describe('files of every kind import each other', () => {
  const BESIDE = {
    'typed.cts':
      "import path = require('node:path');\nexport = { base: path.basename('/a/typed') as string };",
    'module.cts': "import { basename } from 'node:path';\nexport const named: string = basename(__filename);",
    'plain.cjs': "module.exports = { plain: require('./data.json').units, dir: typeof __dirname };",
    'data.json': '{ "units": 3, "not a name": 1 }',
    'es.mts': "import { named } from './module.cjs';\nexport const es = named;",
    'old.js': "exports.old = typeof require('./plain.cjs').plain;",
  };
  const text = `import typed from './typed.cts';
import { named } from './module.cjs';
import { plain } from './plain.cjs';
import data from './data.json';
import { es } from './es.mjs';
import { old } from './old';
function check(expect: (found: unknown, meant: unknown) => void) {
  expect([typed.base, named, plain, data.units, es, old], ['typed', 'module.cts', 3, 3, 'module.cts', 'number']);
}
`;

  test.each(KINDS)('from %s', async (_, files) => {
    const folder = projectWith({ ...BESIDE, ...files, 'sell.ts': checking(text) });
    expect(await loadedTwice(folder)).toMatchObject(TAKEN);
  });

  test('from an ES module of Node’s own, where JSON says its type', async () => {
    const files = {
      ...BESIDE,
      'package.json': '{ "type": "module" }',
      'tsconfig.json': tsconfig({ module: 'nodenext' }),
    };
    delete (files as Partial<typeof BESIDE>)['old.js'];
    const typedText = text
      .replace("'./data.json'", "'./data.json' with { type: 'json' }")
      .replace("import { old } from './old';", "const old = 'number';");
    expect(await loadedTwice(projectWith({ ...files, 'sell.ts': checking(typedText) }))).toMatchObject(TAKEN);
    const untyped = typedText.replace(" with { type: 'json' }", '');
    const { node } = await loadedTwice(projectWith({ ...files, 'sell.ts': checking(untyped) }));
    expect(node).toMatchObject({ exitCode: 2, error: { code: 'IMPORT_FAILED' } });
  });

  test.each(['sell.cts', 'sell.cjs'])('a strategy may stand in %s', async (name) => {
    const plain = NAIVE.replace(/^import.*\n/, '')
      .replace(': Strategy', '')
      .replace('export const', 'const');
    const folder = projectWith({ [name]: `${plain}module.exports = { naive: naive };\n` });
    expect(await loadedTwice(folder, name)).toMatchObject(TAKEN);
  });

  test.each<[how: string, files: Record<string, string>]>([
    [
      're-exports them',
      { 'sell.ts': "export * from './mine';", 'tsconfig.json': tsconfig({ module: 'commonjs' }) },
    ],
    ['makes them in its exports', { 'sell.ts': "module.exports = { ...require('./mine.cts') };" }],
  ])('a file of strategies that is CommonJS and %s exports them', async (_, files) => {
    const folder = projectWith({ 'mine.ts': NAIVE, 'mine.cts': NAIVE, ...files });
    expect(await loadedTwice(folder)).toMatchObject(TAKEN);
  });

  test('what one process writes into data, no other one reads', async () => {
    const counting = `import data from './data.json';
export const units = ++data.units;
function check() {}
`;
    const folder = projectWith({ 'data.json': '{ "units": 1 }', 'sell.ts': checking(counting) });
    const { Program } = await import('../../harness/explorer/process/program.ts');
    const program = Program.load(join(folder, 'sell.ts'));
    expect([program.evaluate()['units'], program.evaluate()['units']]).toEqual([2, 2]);
  });
});

describe('a package of the workspace is code of the user’s, wherever it is linked', () => {
  const SHELF = {
    'packages/shelf/package.json': '{ "name": "@acme/shelf", "main": "./src/index.ts" }',
    'packages/shelf/src/index.ts': `import { start } from './start';
let sold: number = start;
export const sell = (): number => ++sold;
`,
    'packages/shelf/src/start.ts': 'export const start: number = 0;',
    'packages/bad/package.json': '{ "name": "@acme/bad", "exports": { ".": { "import": "./index.ts" } } }',
    'packages/bad/index.ts': 'export const x: = 1;',
  };
  const linked = { '@acme/shelf': 'packages/shelf', '@acme/bad': 'packages/bad' };
  const text = `import { sell } from '@acme/shelf';
export const first = sell();
function check(expect: (found: unknown, meant: unknown) => void) { expect(first, 1); }
`;

  test.each(KINDS)('from %s: each process has its own', async (_, files) => {
    const folder = projectWith({ ...SHELF, ...files, 'sell.ts': checking(text) }, { linked });
    const { node } = await loadedTwice(folder);
    expect(node).toMatchObject(TAKEN.node);
    const { Program } = await import('../../harness/explorer/process/program.ts');
    const program = Program.load(join(folder, 'sell.ts'));
    expect([program.evaluate()['first'], program.evaluate()['first']]).toEqual([1, 1]);
    expect([...program.packages]).toEqual([]);
  });

  test('a fault in one is told with its own file and line', async () => {
    const folder = projectWith({ ...SHELF, 'sell.ts': checking(`import '@acme/bad';\n${text}`) }, { linked });
    const { node, explorer } = await loadedTwice(folder);
    const told = {
      code: 'SYNTAX_ERROR',
      message: expect.stringContaining('packages/bad/index.ts:1: Unexpected "="') as string,
    };
    expect(node).toMatchObject({ exitCode: 2, error: told });
    expect(explorer).toMatchObject(told);
  });
});

describe('what an import does besides is no error', () => {
  sometimes(
    'one that waits for eleven seconds is waited for',
    async () => {
      const waiting = `await new Promise((resolve) => setTimeout(resolve, 11_000));\n${NAIVE}`;
      expect(await loaded(join(projectWith({ 'sell.ts': waiting }), 'sell.ts'))).toMatchObject(TAKEN.node);
    },
    60_000,
  );

  test('one that logs is explored, and --json prints one document', async () => {
    const folder = projectWith({
      'sell.ts': `console.log('shop is up');\nconsole.warn('in debug mode');\n${NAIVE}`,
    });
    const args = [
      'explore',
      join(folder, 'sell.ts'),
      '--buyers',
      '2',
      '--stock',
      '1',
      '--runs',
      temporaryFolder(),
    ];
    const { exitCode, stdout } = await oversell([...args, '--json']).ended;
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ strategy: 'naive', verdict: 'violated' });
  });
});
