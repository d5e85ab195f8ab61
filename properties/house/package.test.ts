import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { start, type Ended } from '../helpers/command.ts';
import { installedIn, packedInto, unpackedInto } from '../helpers/installed.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { tsconfig } from '../helpers/projects.ts';
import { folderWith } from '../helpers/strategy-sources.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Manifest {
  name: string;
  bin: Record<string, string>;
  exports: Record<string, string>;
  imports: Record<string, string>;
  scripts: Record<string, string>;
}
const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The package as it would be published, unpacked. */
const packed = (): string => {
  const folder = temporaryFolder();
  return unpackedInto(folder, packedInto(folder));
};

const tool = (name: string, ...args: string[]): Promise<Ended> =>
  start(join(ROOT, 'node_modules/.bin', name), args).ended;

/** What two linters of packages say of one that is unpacked. */
async function linted(folder: string): Promise<Ended[]> {
  const again = join(dirname(folder), 'package');
  renameSync(folder, again);
  const tarball = `${again}.tgz`;
  execFileSync('tar', ['-czf', tarball, '-C', dirname(again), 'package']);
  return [
    await tool('publint', 'run', again, '--strict', '--pack', 'false'),
    await tool('attw', tarball, '--profile', 'esm-only'),
  ];
}

/** What the package's own file promises and is not there; patterns are led to by their folder. */
function missing(folder: string): string[] {
  const { bin, exports, imports } = manifestIn(folder);
  const targets = [bin, exports, imports].flatMap((all) => Object.values(all));
  const files = targets.map((target) => (target.includes('*') ? dirname(target) : target));
  return files.filter((file) => !existsSync(join(folder, file)));
}

describe('what would be published', () => {
  test('is built before it is packed, and has all that its own file leads to', () => {
    const folder = packed();
    expect(manifestIn(folder).scripts['prepack']).toContain('npm run build');
    expect(missing(folder)).toEqual([]);
    expect(existsSync(join(folder, 'properties'))).toBe(false);
    rmSync(join(folder, 'dist/harness/cli.js'));
    expect(missing(folder)).toEqual(['dist/harness/cli.js']);
  });

  sometimes('is what linters of packages want, who would say what is wrong', async () => {
    const [publint, attw] = await linted(packed());
    expect([publint!.exitCode, publint!.stdout]).toEqual([0, expect.stringContaining('All good!')]);
    expect([attw!.exitCode, attw!.stdout]).toEqual([0, expect.stringContaining('"oversell/contract"')]);

    const wrong = packed();
    const manifest = manifestIn(wrong);
    manifest.exports['./contract'] = './dist/strategies/contrat.js';
    writeFileSync(join(wrong, 'package.json'), JSON.stringify(manifest));
    for (const { exitCode } of await linted(wrong)) expect(exitCode).toBe(1);
  });
});

describe('a project that has installed it', () => {
  const TYPED = `import type { Strategy } from 'oversell/contract';
import { DefiniteError } from 'oversell/errors';
import { explore } from 'oversell';
import { saleCommands, shopOf } from 'oversell/fast-check';
export const commands = async (): Promise<unknown> => saleCommands(await shopOf('lua-decrement'), { repeats: false });
export const mine: Pick<Strategy, 'name' | 'connection'> = { name: 'mine', connection: 'shared' };
export const found = (): ReturnType<typeof explore> => explore(new URL('file:///sell.ts'), { buyers: 2 });
export const error: Error = new DefiniteError('NO', 'no');
`;
  const KINDS: [kind: string, type: string, options: object, run: string][] = [
    [
      'ES modules for Node',
      'module',
      { module: 'nodenext' },
      "import { DefiniteError } from 'oversell/errors';",
    ],
    [
      'a bundler',
      'module',
      { module: 'esnext', moduleResolution: 'bundler' },
      "import { DefiniteError } from 'oversell/errors';",
    ],
    [
      'CommonJS for Node',
      'commonjs',
      { module: 'nodenext' },
      "const { DefiniteError } = require('oversell/errors');",
    ],
  ];

  test.each(rotating(KINDS, 1, 'kinds of projects'))(
    'has its types and its code in %s',
    async (_, type, options, load) => {
      const strict = {
        strict: true,
        noEmit: true,
        target: 'es2023',
        types: ['node'],
        skipLibCheck: true,
        ...options,
      };
      const folder = folderWith({
        'package.json': JSON.stringify({ type }),
        'tsconfig.json': tsconfig(strict, { files: ['typed.ts'] }),
        'wrong.json': tsconfig(strict, { files: ['wrong.ts'] }),
        'typed.ts': TYPED,
        'wrong.ts': TYPED.replace("connection: 'shared' }", "connection: 'sharde' }"),
        'run.js': `${load}\nprocess.stdout.write(new DefiniteError('NO', 'no').name);`,
      });
      installedIn(folder);
      const checked = (config: string): Promise<Ended> => tool('tsc', '-p', join(folder, config));
      expect(await checked('tsconfig.json')).toMatchObject({ exitCode: 0, stdout: '' });
      expect((await checked('wrong.json')).stdout).toMatch(
        /wrong\.ts\(6,\d+\): error TS\d+: Type '"sharde"'/,
      );
      const { exitCode, stdout } = await start(process.execPath, ['run.js'], {}, folder).ended;
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'DefiniteError' });
    },
  );
});
