import { mkdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { BenchResult } from '../../harness/documents/figures.ts';
import type { Result } from '../../harness/documents/result.ts';
import type { ExplorationDocument } from '../../harness/documents/exploration.ts';
import type { Scaffold } from '../../harness/documents/scaffold.ts';
import { systemClock } from '../../harness/ground/ambient.ts';
import { start, type Ended } from '../helpers/command.ts';
import { packedInto } from '../helpers/installed.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { tsconfig } from '../helpers/projects.ts';
import { everything, rotating } from '../helpers/rotating.ts';
import { folderWith } from '../helpers/strategy-sources.ts';

const VITEST = 'vitest@4.1.12';

/** Projects that have nothing yet but how they are compiled. */
const KINDS: Record<string, { type: string; options: object }> = {
  'ES modules for Node': { type: 'module', options: { module: 'nodenext' } },
  'a bundler': { type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
  'CommonJS for Node': { type: 'commonjs', options: { module: 'nodenext' } },
};

/** With optional ones: the compiler's part for this system is one. */
const INSTALLING = ['install', '--save-dev', '--prefer-offline', '--no-audit', '--no-fund'];
const MINUTES_MS = 60_000;
const MOST_MINUTES = 5;

const inMinutes = (sinceNs: number): number => (systemClock.monotonicNs() - sinceNs) / 1e6 / MINUTES_MS;

async function npx(folder: string, ...words: string[]): Promise<Ended> {
  return start('npx', ['--no-install', ...words], {}, folder).ended;
}

/** The answer of a command in such a project. */
async function answer<T>(folder: string, ...words: string[]): Promise<T> {
  const { stdout, stderr } = await npx(folder, 'oversell', ...words, '--json');
  const document = JSON.parse(stdout || `{"error":{"message":${JSON.stringify(stderr)}}}`) as T & {
    error?: { message: string };
  };
  if (document.error) throw new Error(document.error.message);
  return document;
}

/** Whether anything was oversold, in every order of a small sale and in large ones. */
function inCalm({ name, explored, environments }: Result['strategies'][number]): unknown[] {
  const [small, large] = [explored, environments].map((all: readonly Judged[]) =>
    all.find(({ environment }) => environment === 'calm'),
  );
  return [name, { explored: small?.properties.oversell.verdict, sold: large?.properties.oversell.verdict }];
}

type Judged = Pick<Result['strategies'][number]['explored'][number], 'environment' | 'properties'>;

describe('the way from npm install to a verdict, in an empty project', () => {
  for (const kind of rotating(Object.keys(KINDS), 1, 'installed')) {
    test.runIf(everything)(
      `takes less than ${MOST_MINUTES} minutes with ${kind}, and what is written there runs`,
      async () => {
        const { type, options } = KINDS[kind]!;
        const folder = folderWith({
          'package.json': JSON.stringify({ name: 'shop', private: true, type }),
          'tsconfig.json': tsconfig({ strict: true, target: 'es2023', ...options }),
        });
        const packed = temporaryFolder();
        mkdirSync(packed, { recursive: true });
        const tarball = packedInto(packed);
        const startNs = systemClock.monotonicNs();
        const installed = await start('npm', [...INSTALLING, tarball, VITEST], {}, folder).ended;
        expect(installed).toMatchObject({ exitCode: 0 });
        const written = await answer<Scaffold>(folder, 'new', 'mine', '--style', 'get-then-decr');
        const small = ['--buyers', '2', '--stock', '1', '--seed', '1'];
        const found = await answer<ExplorationDocument>(folder, 'explore', written.files[0]!, ...small);
        const minutes = inMinutes(startNs);
        expect(found.properties.oversell.verdict).toBe('violated');
        process.stderr.write(
          `from npm install to the first verdict, ${kind}: ${minutes.toFixed(1)} minutes\n`,
        );
        expect(minutes).toBeLessThan(MOST_MINUTES);

        const generated = await npx(folder, 'vitest', 'run', written.files.at(-1)!);
        expect([generated.exitCode, generated.stderr]).toEqual([0, expect.any(String)]);

        const right = await answer<Scaffold>(folder, 'new', 'right', '--style', 'lua');
        const few = ['--trials', '1', '--buyers', '200', '--stock', '50', '--workers', '1'];
        const measured = await answer<BenchResult>(folder, 'bench', right.files[0]!, ...few);
        expect(measured.strategies).toMatchObject([{ strategy: 'right', properties: { oversell: 'holds' } }]);

        const both = [right.files[0]!, written.files[0]!];
        const result = await answer<Result>(folder, 'evaluate', ...both, '--discover', '--seed', '1');
        expect(result.strategies.map(inCalm)).toEqual([
          ['right', { explored: 'holds', sold: 'holds' }],
          ['mine', { explored: 'violated', sold: expect.any(String) }],
        ]);
        process.stderr.write(`and to the end of evaluate: ${inMinutes(startNs).toFixed(1)} minutes\n`);
      },
      4 * MOST_MINUTES * MINUTES_MS,
    );
  }

  test('has a project for each of the three ways in which code is compiled', () => {
    expect(Object.keys(KINDS)).toHaveLength(3);
  });
});
