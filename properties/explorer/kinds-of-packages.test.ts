import { describe, expect, test } from 'vitest';
import { properties, server } from '../helpers/exploring.ts';
import { exploringFolder } from '../helpers/probe-files.ts';

const redis = server();
const calm = { buyers: 2, stock: 1 };

/** A strategy that takes rightly where the expression says so, and else looks and then takes. */
const takingIf = (condition: string, imports = ''): Record<string, string> => ({
  'sell.mjs': `${imports}
import { answer, lookAndTake, probe, take } from './parts.mjs';
export const strategy = probe('probe', (redis) => async () =>
  answer(await ((${condition}) ? take(redis) : lookAndTake(redis))));
`,
});

const manifest = (entry: object): string => JSON.stringify({ name: 'kept', version: '1.0.0', ...entry });
const BODY = 'let first = true; const isFirst = () => { const was = first; first = false; return was; };';
const ESM = `${BODY} export { isFirst }; export default isFirst;`;
const CJS = `${BODY} exports.isFirst = isFirst;`;

describe('a package belongs to one process', () => {
  const packages: Record<string, Record<string, string>> = {
    CommonJS: {
      'node_modules/kept/package.json': manifest({ main: './index.js' }),
      'node_modules/kept/index.js': `module.exports = require('./inner');`,
      'node_modules/kept/inner.js': CJS,
    },
    'an ES module': {
      'node_modules/kept/package.json': manifest({ type: 'module', exports: './index.js' }),
      'node_modules/kept/index.js': `export { isFirst } from './inner.js';`,
      'node_modules/kept/inner.js': ESM,
    },
    'both kinds': {
      'node_modules/kept/package.json': manifest({
        exports: { '.': { import: './index.mjs', require: './index.cjs' } },
      }),
      'node_modules/kept/index.mjs': ESM,
      'node_modules/kept/index.cjs': 'exports.isFirst = () => false;',
    },
  };
  const imports = `import { isFirst } from 'kept';`;

  test.each(Object.keys(packages))('%s: what is first in each process is found to be so', async (kind) => {
    const files = { ...packages[kind], ...takingIf('!isFirst()', imports) };
    const found = await exploringFolder(redis.target, files, calm, { auditSamples: 4 });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toContain('oversell');
    expect(found.audit).toEqual({ replayed: 4, mismatches: [] });
  });

  test.each(Object.keys(packages))('%s: and what is right only then is spared', async (kind) => {
    const files = { ...packages[kind], ...takingIf('isFirst()', imports) };
    const found = await exploringFolder(redis.target, files, calm, { auditSamples: 4 });
    expect(found.notes).toEqual([]);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
    expect(found.audit).toEqual({ replayed: 4, mismatches: [] });
  });

  test('a search in which processes share it does not come to that', async () => {
    const files = { ...packages.CommonJS, ...takingIf('!isFirst()', imports) };
    const found = exploringFolder(redis.target, files, calm, { rules: { packages: false } });
    await expect(found.then((one) => properties(one, 'violated'))).rejects.toThrow(/nondeterministic/);
  });
});

describe('so does what is kept on globalThis', () => {
  const first = '(globalThis.seen ??= []).push(1) === 1';

  test('what is first in each process is found to be so', async () => {
    const found = await exploringFolder(redis.target, takingIf(`!(${first})`), calm);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toContain('oversell');
  });

  test.each(['', 'globalThis.seen = [];'])('and what is right only then is spared %s', async (atImport) => {
    const found = await exploringFolder(redis.target, takingIf(first, atImport), calm);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
    expect(globalThis).not.toHaveProperty('seen.0');
  });

  test.each([
    ['process.env.SEEN = String(Number(process.env.SEEN ?? 0) + 1)', /keeps state in process\.env\.SEEN/],
    ['Array.prototype.seen = (Array.prototype.seen ?? 0) + 1', /keeps state in Array\.prototype\.seen/],
    ['Math.seen = (Math.seen ?? 0) + 1', /keeps state in Math\.seen/],
  ])('%s is refused by name', async (keeps, message) => {
    try {
      await expect(exploringFolder(redis.target, takingIf(`(${keeps}, true)`), calm)).rejects.toThrow(
        message,
      );
    } finally {
      delete process.env.SEEN;
      for (const one of [Array.prototype, Math]) Reflect.deleteProperty(one, 'seen');
    }
  });

  test('what is put there again and again, or set and set back, is not', async () => {
    const polyfill = 'Array.prototype.lastOne = function () { return this.at(-1); };';
    const found = await exploringFolder(redis.target, takingIf('[0, 1].lastOne() === 1', polyfill), calm);
    Reflect.deleteProperty(Array.prototype, 'lastOne');
    expect(properties(found, 'violated')).toEqual([]);
  });
});

const lib = (files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`node_modules/lib/${name}`, text]));

describe('a default import means what it means to Node', () => {
  const FLAGGED = `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = () => 'cjs';`;
  const dual = lib({
    'package.json': JSON.stringify({
      name: 'lib',
      exports: {
        '.': { import: './index.mjs', require: './index.cjs' },
        './deep/*': { require: './deep/*.cjs', import: './deep/*.mjs' },
      },
    }),
    'index.mjs': `export default () => 'esm'; export const named = 1;`,
    'index.cjs': FLAGGED,
    'deep/one.mjs': `export default () => 'deep';`,
    'deep/one.cjs': FLAGGED,
  });
  const old = lib({ 'package.json': JSON.stringify({ name: 'lib' }), 'index.js': FLAGGED });

  test.each<[string, string, string, Record<string, string>]>([
    ['of both kinds', `import lib from 'lib';`, `lib() === 'esm'`, dual],
    [
      'of both kinds, beside a name',
      `import lib, { named } from 'lib';`,
      `lib() === 'esm' && named === 1`,
      dual,
    ],
    ['of a path in it', `import lib from 'lib/deep/one';`, `lib() === 'deep'`, dual],
    ['of CommonJS that says it was an ES module', `import lib from 'lib';`, `lib.default() === 'cjs'`, old],
    ['of all of it', `import * as lib from 'lib';`, `lib.default.default() === 'cjs'`, old],
    [
      'of a file beside',
      `import own from './own.mjs';`,
      `own() === 1`,
      { 'own.mjs': 'export default () => 1;' },
    ],
    ['of a CommonJS file', `import own from './own.cjs';`, `own.default() === 'cjs'`, { 'own.cjs': FLAGGED }],
    [
      'of a built-in',
      `import crypto, { randomUUID } from 'node:crypto';`,
      `crypto.hash !== 1 && !!randomUUID`,
      {},
    ],
  ])('%s', async (_, imports, condition, files) => {
    const found = await exploringFolder(redis.target, { ...files, ...takingIf(condition, imports) }, calm);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
  });
});
