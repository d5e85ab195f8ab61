import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Fixture {
  rule: string;
  what: string;
  /** File → text; the first file is the one that must be flagged. */
  bad: Record<string, string>;
  /** The same intent, written as the house wants it. */
  good: Record<string, string>;
}

const importing = (path: string): string => `import { there } from '${path}';\nexport const here = there;\n`;
const there = 'export const there = 1;\n';
const CONNECTING = "import { Redis } from 'ioredis';\nexport const here = new Redis();\n";
const REQUIRED = "import { Redis } from '../redis/ioredis.ts';\nexport const here = new Redis();\n";

/** So many lines of statements. */
const lines = (count: number): string => 'void 0;\n'.repeat(count);
const functionOf = (count: number): string => `export function long(): void {\n${lines(count - 2)}}\n`;

const fixtures: Fixture[] = [
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a strategy that imports the harness',
    bad: { 'strategies/up.ts': importing('../harness/there.ts'), 'harness/there.ts': there },
    good: { 'strategies/down.ts': there, 'harness/down.ts': importing('../strategies/down.ts') },
  },
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a strategy that imports another',
    bad: { 'strategies/leaning.ts': importing('./there.ts'), 'strategies/there.ts': there },
    good: { 'strategies/keys.ts': there, 'strategies/on-its-own.ts': importing('./keys.ts') },
  },
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a strategy that imports a package',
    bad: { 'strategies/packaged.ts': `import { Redis } from 'ioredis';\nexport const here = Redis;\n` },
    good: {
      'strategies/typed.ts': `import type { Redis } from 'ioredis';\nexport const here = (redis: Redis): Redis => redis;\n`,
    },
  },
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a harness file that imports a report',
    bad: { 'harness/load/up.ts': importing('../../reports/there.ts'), 'reports/there.ts': there },
    good: { 'harness/commands/reporting.ts': importing('../../reports/there.ts') },
  },
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a table of commands that imports a report, which is a command’s',
    bad: { 'harness/cli.ts': importing('../reports/there.ts') },
    good: { 'harness/commands/answering.ts': importing('../../reports/there.ts') },
  },
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a harness file that makes its own client of a target',
    bad: { 'harness/load/connecting.ts': CONNECTING },
    good: {
      'harness/redis/clients.ts': CONNECTING,
      'harness/explorer/process/instance-clients.ts': CONNECTING,
      'harness/load/handed.ts':
        "import type { Redis } from 'ioredis';\nexport const here = (redis: Redis): Redis => redis;\n",
      'properties/connecting.ts': CONNECTING,
    },
  },
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a command that makes its own client of a target',
    bad: { 'harness/commands/connecting.ts': CONNECTING },
    good: { 'harness/commands/reporting.ts': importing('../../reports/there.ts') },
  },
  ...['harness/load/required.ts', 'harness/commands/required.ts'].map((file) => ({
    rule: 'eslint(no-restricted-imports)',
    what: `a client of a target that ${file} makes from what is required`,
    bad: { [file]: REQUIRED },
    good: { 'harness/redis/clients.ts': REQUIRED.replace('../redis/', './') },
  })),
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a report that imports a test',
    bad: { 'reports/up.ts': importing('../properties/there.ts'), 'properties/there.ts': there },
    good: { 'reports/down.ts': importing('../strategies/down.ts') },
  },
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a report that imports an engine',
    bad: {
      'reports/text/engine.ts': importing('../../harness/explorer/there.ts'),
      'harness/explorer/there.ts': there,
    },
    good: {
      'reports/text/document.ts': importing('../../harness/documents/there.ts'),
      'harness/documents/there.ts': there,
    },
  },
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a report that imports only a type of what lies below the engines',
    bad: {
      'reports/fault.ts': `import type { there } from '../harness/ground/there.ts';\nexport type Here = typeof there;\n`,
    },
    good: {
      'reports/shape.ts': `import type { there } from '../harness/documents/there.ts';\nexport type Here = typeof there;\n`,
    },
  },
  {
    rule: 'eslint(no-restricted-imports)',
    what: 'a document that imports an engine',
    bad: { 'harness/documents/up.ts': importing('../explorer/there.ts') },
    good: { 'harness/documents/down.ts': importing('../ground/there.ts'), 'harness/ground/there.ts': there },
  },
  {
    rule: 'import(no-cycle)',
    what: 'two files that import each other',
    bad: {
      'harness/chicken.ts': `import { egg } from './egg.ts';\nexport const chicken = (): number => egg();\n`,
      'harness/egg.ts': `import { chicken } from './chicken.ts';\nexport const egg = (): number => chicken();\n`,
    },
    good: { 'harness/hen.ts': importing('./there.ts') },
  },
  {
    rule: 'oxc(no-barrel-file)',
    what: 'a barrel',
    bad: { 'harness/barrel.ts': `export * from './there.ts';\n` },
    good: { 'harness/named.ts': there },
  },
  {
    rule: 'typescript(no-floating-promises)',
    what: 'a promise that nobody waits for',
    bad: {
      'harness/floating.ts': `export function forget(later: () => Promise<void>): void {\n  later();\n}\n`,
    },
    good: {
      'harness/awaited.ts': `export async function wait(later: () => Promise<void>): Promise<void> {\n  await later();\n}\n`,
    },
  },
  {
    rule: 'typescript(TS2375)',
    what: 'a type error',
    bad: { 'properties/typed.ts': 'export const limit: { units?: number } = { units: undefined };\n' },
    good: { 'properties/untyped.ts': 'export const limit: { units?: number } = {};\n' },
  },
  {
    rule: 'eslint(max-lines)',
    what: 'a file of more than 330 lines, comments, blank lines and tests included,',
    bad: { 'properties/long.test.ts': `// why\n\n${lines(329)}` },
    good: { 'properties/short.test.ts': `// why\n\n${lines(328)}` },
  },
  {
    rule: 'eslint(max-lines-per-function)',
    what: 'a function of more than 60 lines',
    bad: { 'harness/long-function.ts': functionOf(61) },
    good: {
      'harness/short-function.ts': functionOf(60),
      'harness/table.ts': `export const table = [\n${'  1,\n'.repeat(100)}];\n`,
      // What stands in describe() is a list of tests.
      'properties/listing.test.ts': functionOf(61),
    },
  },
  {
    rule: 'eslint(max-params)',
    what: 'a function of five positional parameters, in a test too,',
    bad: {
      'properties/five.test.ts':
        'export const five = (a = 1, b = 2, c = 3, d = 4, e = 5): number => a + b + c + d + e;\n',
    },
    good: {
      'properties/four.test.ts':
        'export const four = (a = 1, b = 2, c = 3, d = 4): number => a + b + c + d;\n',
    },
  },
  {
    rule: 'eslint(no-restricted-globals)',
    what: 'the ambient clock',
    bad: { 'harness/clock.ts': 'export const now = (): number => Date.now();\n' },
    good: { 'harness/ground/ambient.ts': 'export const now = (): number => Date.now();\n' },
  },
  {
    rule: 'eslint(no-restricted-properties)',
    what: 'ambient randomness, in a test too',
    bad: { 'properties/dice.ts': 'export const dice = (): number => Math.random();\n' },
    good: { 'properties/fair.ts': 'export const dice = (random: () => number): number => random();\n' },
  },
];

describe('no breach of the house rules ever passes the linter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oversell-lint-'));
  /** `file rule`, one per complaint. */
  let complaints: string[];

  beforeAll(async () => {
    for (const name of ['.oxlintrc.json', 'tsconfig.json']) cpSync(name, join(folder, name));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    for (const [file, text] of fixtures.flatMap(({ bad, good }) => Object.entries({ ...bad, ...good }))) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    complaints = await lint(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(fixtures)('the linter flags $what and accepts it as it should be', ({ rule, bad, good }) => {
    expect(complaints).toContain(`${Object.keys(bad)[0]} ${rule}`);
    for (const file of Object.keys(good)) expect(complaints).not.toContain(`${file} ${rule}`);
  });
});

/** Every complaint of the project's own linter about a folder, as `file rule`. */
async function lint(folder: string): Promise<string[]> {
  const output = await new Promise<string>((done, fail) => {
    execFile(
      join(folder, 'node_modules/.bin/oxlint'),
      ['--type-aware', '--type-check', '--format', 'json', '.'],
      { cwd: folder },
      // It exits 1 because there are complaints; without output it did not run at all.
      (error, stdout) => (stdout === '' ? fail(error ?? new Error('oxlint said nothing')) : done(stdout)),
    );
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: { filename: string; code: string }[] };
  return diagnostics.map(({ filename, code }) => `${filename} ${code}`);
}
