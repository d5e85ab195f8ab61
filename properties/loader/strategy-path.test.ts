import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { oversell } from '../helpers/command.ts';
import { gone, temporaryFolder, type Remains } from '../helpers/processes.ts';
import { rotating } from '../helpers/rotating.ts';
import { seed } from '../helpers/seed.ts';
import { exploredWithin, folderWith, NAIVE, soldWith } from '../helpers/strategy-sources.ts';

/** Explores with the command. */
async function explored(file: string): Promise<{ exitCode: number | null; answer: Answer }> {
  const size = ['--buyers', '2', '--stock', '1', '--seed', String(seed)];
  const { exitCode, stdout } = await oversell([
    'explore',
    file,
    ...size,
    '--runs',
    temporaryFolder(),
    '--json',
  ]).ended;
  return { exitCode, answer: JSON.parse(stdout) as Answer };
}
interface Answer {
  strategy: string;
  coverage: string;
  properties: Record<string, { verdict: string; counterexample: { file: string } | null }>;
}

/** The same sale in one script, with everything that a file may bring along: it holds. */
const SCRIPTED = {
  'sell.ts': NAIVE.replace(/ {6}if .*\n.*\n/, () => '      return take(redis);\n')
    .replace(/^/, "import { take } from './take.js';\n")
    .replaceAll("'stock'", 'KEY')
    .replace(/^/, "import { KEY } from './key';\n"),
  'take.ts': `import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { checkRequest, type Client, type PurchaseOutcome } from 'oversell/contract';
import { Script } from 'oversell/script';
import { KEY } from './key.ts';
const script = new Script(import.meta.resolve('./take.lua'));
if (readFileSync(new URL('./take.lua', import.meta.url), 'utf8') !== script.source) throw new Error('read amiss');
checkRequest({ requestId: 'r', userId: 'u', quantity: 1 });
export async function take(redis: Client): Promise<PurchaseOutcome> {
  if (typeof Redis !== 'function') throw new Error('no client');
  const left = Number(await script.run(redis, [KEY], []));
  return left < 0 ? { kind: 'sold-out' } : { kind: 'sold', remaining: left };
}
`,
  'key.ts': "export const KEY: string = 'stock';",
  'take.lua':
    "if tonumber(redis.call('GET', KEYS[1])) < 1 then return -1 end return redis.call('DECR', KEYS[1])",
};

describe('a strategy of a user, from a folder far from any package', () => {
  test('in 12 lines that GET and then DECR is caught, and its file is named', async () => {
    expect(NAIVE.trim().split('\n')).toHaveLength(12);
    const file = join(folderWith({ 'sell.ts': NAIVE }), 'sell.ts');
    const { exitCode, answer } = await explored(file);
    expect({ exitCode, strategy: answer.strategy }).toEqual({ exitCode: 1, strategy: 'naive' });
    const { verdict, counterexample } = answer.properties['oversell']!;
    expect(verdict).toBe('violated');
    const replayed = await oversell(['replay', counterexample!.file, '--json']).ended;
    expect(replayed.exitCode).toBe(1);
    expect(JSON.parse(replayed.stdout)).toMatchObject({
      result: 'confirmed',
      counterexample: { path: file },
    });
  });

  test('beside another one in its file: each is explored, under its own name', async () => {
    const second = NAIVE.replace(/^import.*\n/, '')
      .replace("'naive'", "'other'")
      .replace('const naive', 'const other');
    const { exitCode, answer } = await explored(join(folderWith({ 'sell.ts': NAIVE + second }), 'sell.ts'));
    expect(exitCode).toBe(1);
    expect(answer).toMatchObject([{ strategy: 'naive' }, { strategy: 'other' }]);
  });

  test('with imports and Lua beside it is explored too, and holds', async () => {
    const { exitCode, answer } = await explored(join(folderWith(SCRIPTED), 'sell.ts'));
    expect({ exitCode, coverage: answer.coverage }).toEqual({ exitCode: 0, coverage: 'exhausted' });
  });

  test('is loaded in workers too: one sells what there is, the naive one more', async () => {
    const files = [SCRIPTED, { 'sell.ts': NAIVE }].map((content) => join(folderWith(content), 'sell.ts'));
    const [right, naive] = JSON.parse((await soldWith(files, seed)).stdout) as { soldUnits: number }[];
    expect(right).toEqual({ strategy: 'naive', soldUnits: 10, errors: [] });
    // Each worker checks before any of its buyers buys.
    expect(naive!.soldUnits).toBeGreaterThan(10);
  });
});

const spoilt = (pattern: RegExp, loop: string): string => NAIVE.replace(pattern, (found) => found + loop);

describe('explored code that never lets go of its thread ends the run, which names the line', () => {
  const LIMIT_MS = 2_000;
  const inPurchase = /async purchase\(\) \{\n/;

  const loops: [where: string, line: number, text: string][] = [
    ['in open', 4, NAIVE.replace(/open: .*/, 'open: async () => { for (;;) {} },')],
    ['in seller', 6, spoilt(/seller: \(redis\) => \(/, '(() => {\nfor (;;) {}\n})(), ')],
    ['in a purchase', 7, spoilt(inPurchase, 'for (;;) {}\n')],
    ['in a purchase, after a reply', 8, spoilt(/return \{ kind: 'sold-out' \};\n/, 'for (;;) {}\n')],
    ['in a purchase, over promises', 7, spoilt(inPurchase, 'for (;;) await null;\n')],
  ];
  test.each(rotating(loops, 1, 'loops'))(
    'a loop %s ends the run, which names its line',
    async (_, at, text) => {
      const file = join(folderWith({ 'sell.ts': text }), 'sell.ts');
      const { exitCode, stdout, stderr } = await exploredWithin(file, LIMIT_MS);
      expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
      const [server, told] = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      expect(told).toMatchObject({ error: { code: 'ENDLESS_LOOP' } });
      expect((told as { error: { message: string } }).error.message).toContain(`${file}:${at}: `);
      await gone(server as Remains);
    },
  );

  test('a loop over turns of the event loop, which are events, is refused as a call that never ends', async () => {
    const text = spoilt(inPurchase, 'for (;;) await new Promise((resolve) => setImmediate(resolve));\n');
    const file = join(folderWith({ 'sell.ts': text }), 'sell.ts');
    const { exitCode, stdout } = await oversell(['explore', file, '--buyers', '2', '--stock', '1', '--json'])
      .ended;
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'CANNOT_EXPLORE' } });
  });

  test('and one that only takes its time is let go', async () => {
    const text = spoilt(inPurchase, 'for (let i = 0; i < 1e5; i++) await null;\n');
    const { exitCode, stdout } = await exploredWithin(
      join(folderWith({ 'sell.ts': text }), 'sell.ts'),
      LIMIT_MS,
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain('{"verdict":"violated"}');
  });
});
