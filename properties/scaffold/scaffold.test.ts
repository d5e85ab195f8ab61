import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Scaffold } from '../../harness/documents/scaffold.ts';
import { STYLES, type Style } from '../../harness/documents/styles.ts';
import { CLI, oversell, start } from '../helpers/command.ts';
import { hasTerminals, linesOf } from '../helpers/terminal.ts';
import { sometimes } from '../helpers/rotating.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
mkdirSync(join(root, 'runs'), { recursive: true });
/** Inside the package, so that its own name resolves, as it would where it is installed. */
const folder = mkdtempSync(join(root, 'runs', 'new-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every style, with answers and keys of every kind. */
const ASKED: readonly (readonly [style: Style, soldOut: string, key: string])[] = [
  ['lua', '-1', 'stock:{sku}'],
  ['lua', 'SOLD_OUT', '{{sku}}:stock'],
  ['lua', 'nil', 'stock'],
  ['lua', 'false', 'stock:{sku}'],
  ['lua', '0', 'shop`${sku}\\:{sku}'],
  ['watch', 'false', 'stock:{sku}'],
  ['watch', 'NONE', 'stock'],
  ['decr-then-check', '0', 'shop`${sku}\\:{sku}'],
  ['decr-then-check', 'nil', 'stock'],
  ['get-then-decr', '-1', 'stock:{sku}'],
];

/** How each style is spoilt so that its verdict is another one. */
const SPOILT: Readonly<Record<Style, readonly [from: string, to: string]>> = {
  lua: ['if stock <', 'if stock + 1 <'],
  watch: ['await redis.watch(key);', ''],
  'decr-then-check': ['>= 0) return SOLD', '>= -1) return SOLD'],
  // It is corrected.
  'get-then-decr': [
    'if (Number(await redis.get(key)) < quantity) return SOLD_OUT;',
    'if ((await redis.decrby(key, quantity)) < 0) return (await redis.incrby(key, quantity), SOLD_OUT); else return SOLD;',
  ],
};

const names = ASKED.map(([style], i) => `${style}-${i}`);
const written = new Map<string, Scaffold>();

interface Told {
  code: number;
  output: string;
}

/** Runs a program of node_modules in a folder. */
function run(program: string, args: readonly string[], cwd: string): Promise<Told> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'node_modules', program), ...args],
      { cwd },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, output: stdout || stderr }),
    );
  });
}

/** By the names of the files, whether all their tests passed. */
async function tested(cwd: string): Promise<Record<string, string>> {
  writeFileSync(join(cwd, 'vitest.config.mjs'), "export default { test: { include: ['*.test.ts'] } };");
  const args = ['run', '--root', cwd, '--config', join(cwd, 'vitest.config.mjs'), '--reporter=json'];
  const { output } = await run('vitest/vitest.mjs', [...args, '--maxWorkers=1', '--no-isolate'], cwd);
  const { testResults } = JSON.parse(output.slice(output.indexOf('{'))) as {
    testResults: { name: string; status: string }[];
  };
  return Object.fromEntries(testResults.map(({ name, status }) => [basename(name, '.test.ts'), status]));
}

beforeAll(async () => {
  for (const [i, [style, soldOut, key]] of ASKED.entries()) {
    const flags = ['--style', style, '--sold-out', soldOut, '--key', key, '--folder', folder, '--json'];
    const { exitCode, stdout, stderr } = await oversell(['new', names[i]!, ...flags]).ended;
    expect(exitCode, stderr).toBe(0);
    written.set(names[i]!, JSON.parse(stdout) as Scaffold);
  }
});

test('every style is written, and what the answer says was written is there', () => {
  expect(new Set(ASKED.map(([style]) => style))).toEqual(new Set(STYLES));
  const files = [...written.values()].flatMap((one) => one.files.map((file) => basename(file)));
  expect(readdirSync(folder).toSorted()).toEqual(files.toSorted());
  expect(written.get('lua-1')).toMatchObject({ style: 'lua', soldOut: 'SOLD_OUT', key: '{{sku}}:stock' });
});

test('it type-checks under the strictest options, and a mistake in it is found', async () => {
  const strict = {
    compilerOptions: {
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      noImplicitReturns: true,
      isolatedModules: true,
      skipLibCheck: true,
      noEmit: true,
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
    },
    include: ['*.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(strict));
  expect(await run('typescript/bin/tsc', ['-p', '.'], folder)).toEqual({ code: 0, output: '' });
  const mistake = join(folder, 'mistake.ts');
  const text = readFileSync(join(folder, 'watch-5.ts'), 'utf8');
  writeFileSync(mistake, text.replace("kind: 'gave-up'", "kind: 'gave-in'"));
  const { code, output } = await run('typescript/bin/tsc', ['-p', '.'], folder);
  rmSync(mistake);
  expect([code, output]).toEqual([1, expect.stringMatching(/^mistake\.ts\(/)]);
}, 120_000);

sometimes(
  'its test passes under vitest, and fails where the strategy is spoilt',
  async () => {
    expect(await tested(folder)).toEqual(Object.fromEntries(names.map((name) => [name, 'passed'])));
    const spoilt = mkdtempSync(join(root, 'runs', 'new-spoilt-'));
    try {
      const firsts = STYLES.map((style) => names.find((_, i) => ASKED[i]![0] === style)!);
      for (const [i, style] of STYLES.entries()) {
        const [from, to] = SPOILT[style];
        for (const file of written.get(firsts[i]!)!.files) {
          const text = readFileSync(file, 'utf8');
          writeFileSync(join(spoilt, basename(file)), text.replace(from, to));
        }
        const texts = written.get(firsts[i]!)!.files.map((file) => readFileSync(file, 'utf8'));
        expect(texts.filter((text) => text.includes(from))).toHaveLength(1);
      }
      expect(await tested(spoilt)).toEqual(Object.fromEntries(firsts.map((name) => [name, 'failed'])));
    } finally {
      rmSync(spoilt, { recursive: true });
    }
  },
  240_000,
);

test.each(ASKED.map(([style, soldOut, key], i) => [style, soldOut, key, names[i]!] as const))(
  'the command that it says comes next explores %s, which answers %s at %s, with the verdict that it says',
  async (_style, _soldOut, _key, name) => {
    const { next, verdict } = written.get(name)!;
    const [, ...words] = next[0]!.split(' ');
    expect(words.slice(0, 2)).toEqual(['oversell', 'explore']);
    const { exitCode, stdout } = await oversell([...words.slice(1), '--json']).ended;
    expect(JSON.parse(stdout)).toMatchObject({ strategy: name, verdict, coverage: 'exhausted' });
    expect(exitCode).toBe(verdict === 'holds' ? 0 : 1);
  },
);

describe('what is there already', () => {
  test.each(['mine.ts', 'mine.lua', 'mine.test.ts'])(
    '%s is left as it is, and nothing is written',
    async (file) => {
      const here = mkdtempSync(join(folder, 'there-'));
      writeFileSync(join(here, file), 'of somebody');
      const { exitCode, stderr } = await oversell(['new', 'mine', '--folder', here]).ended;
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`${file} is there already`)]);
      expect(readdirSync(here)).toEqual([file]);
      expect(readFileSync(join(here, file), 'utf8')).toBe('of somebody');
    },
  );
});

/** Answers each question when it is asked. */
async function answering(
  answers: readonly (readonly [question: string, answer: string])[],
  ...flags: string[]
): Promise<{ exitCode: number | null; lines: string[]; here: string }> {
  const here = mkdtempSync(join(folder, 'asked-'));
  const typed = [process.execPath, CLI, 'new', 'mine', ...flags].map((word) => `'${word}'`).join(' ');
  const running = start('script', ['-qec', typed, '/dev/null'], { TERM: 'dumb' }, here);
  for (const [question, answer] of answers) {
    await running.said(question);
    running.child.stdin.write(answer);
  }
  const { exitCode, stdout } = await running.ended;
  return { exitCode, lines: linesOf(stdout), here };
}

describe.runIf(hasTerminals)('at a terminal', () => {
  test('it asks three things, and again where an answer will not do', async () => {
    const { exitCode, lines, here } = await answering([
      ['Which key', 'left:{product}\r'],
      ['a key may have {sku} alone', 'left:{sku}\r'],
      ['A number or a name', '2\r'],
      ['nothing is left?', '\r'],
    ]);
    expect(exitCode, lines.join('\n')).toBe(0);
    expect(readdirSync(here).toSorted()).toEqual(['mine.test.ts', 'mine.ts']);
    expect(lines).toContain(
      'It sells by watch, from the key left:{sku}, and answers -1 when nothing is left.',
    );
  });

  test('it asks only what no flag says, and nothing under --json', async () => {
    const { exitCode, lines, here } = await answering(
      [['nothing is left?', 'NONE\r']],
      '--style',
      'watch',
      '--key',
      'stock',
    );
    expect(exitCode, lines.join('\n')).toBe(0);
    expect(lines.join('\n')).not.toMatch(/Which key|How does/);
    expect(readFileSync(join(here, 'mine.ts'), 'utf8')).toContain("const SOLD_OUT = 'NONE';");
    const json = await answering([], '--json');
    expect([json.exitCode, json.lines.join('\n')]).toEqual([0, expect.not.stringContaining('?')]);
  });

  test('Ctrl-C ends it with 130, Ctrl-D with 2, and nothing is written', async () => {
    const interrupted = await answering([['Which key', '\u0003']]);
    expect(interrupted.exitCode, interrupted.lines.join('\n')).toBe(130);
    const left = await answering([['Which key', '\u0004']]);
    expect([left.exitCode, left.lines.join('\n')]).toEqual([2, expect.stringContaining('was not answered')]);
    expect([...readdirSync(interrupted.here), ...readdirSync(left.here)]).toEqual([]);
  });
});
