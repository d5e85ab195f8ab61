import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { isWhole, seal } from '../../harness/redis/find/cache.ts';
import { temporaryFolder } from '../helpers/processes.ts';

const opened = vi.hoisted(() => ({ files: 0 }));
vi.mock(import('node:fs'), async (original) => {
  const real = await original();
  const openSync: typeof real.openSync = (...args) => {
    opened.files++;
    return real.openSync(...args);
  };
  return { ...real, openSync };
});

const damages: Record<string, (path: string, other: string) => Promise<unknown>> = {
  'cut short': async (path) => fs.truncate(path, (await fs.stat(path)).size - 1),
  'longer by a byte': (path) => fs.appendFile(path, 'x'),
  'one bit different': async (path) => {
    const bytes = await fs.readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await fs.writeFile(path, bytes);
  },
  missing: (path) => fs.rm(path),
  renamed: (path) => fs.rename(path, `${path}-`),
  'replaced by a link': async (path, other) => {
    await fs.rm(path);
    await fs.symlink(other, path);
  },
};

test('no damage to any file of a sealed folder ever goes unseen', async () => {
  const name = fc.constantFrom('bin/server', 'root/lib/a.so', 'root/lib/b.so', 'root/doc');
  const files = fc.dictionary(name, fc.uint8Array({ minLength: 1, maxLength: 8 }), {
    minKeys: 1,
    noNullPrototype: true,
  });
  await fc.assert(
    fc.asyncProperty(
      files,
      fc.nat(),
      fc.constantFrom(...Object.keys(damages)),
      async (contents, which, damage) => {
        const folder = temporaryFolder();
        const paths = Object.keys(contents).map((file) => join(folder, file));
        for (const [i, bytes] of Object.values(contents).entries()) {
          await fs.mkdir(dirname(paths[i]!), { recursive: true });
          await fs.writeFile(paths[i]!, bytes);
        }
        expect(await isWhole(folder)).toBe(false);
        await seal(folder);
        expect(await isWhole(folder)).toBe(true);
        await damages[damage]!(paths[which % paths.length]!, '/bin/true');
        expect(await isWhole(folder)).toBe(false);
      },
    ),
    { numRuns: 50 },
  );
});

/** Long after everything in a folder was written. */
const later = (): number => systemClock.epochMs() + 3_600_000;

test.each(Object.entries(damages))(
  'a file that is %s is noticed in a folder that was found whole before',
  async (_, damage) => {
    const folder = await sealed();
    for (let time = 0; time < 2; time++) expect(await isWhole(folder, later())).toBe(true);
    await damage(join(folder, 'server'), '/bin/true');
    for (let time = 0; time < 2; time++) expect(await isWhole(folder, later())).toBe(false);
  },
);

test('a file with other bytes is noticed when its size and its times were put back', async () => {
  const folder = await sealed();
  expect(await isWhole(folder, later())).toBe(true);
  const server = join(folder, 'server');
  const { atime, mtime } = await fs.stat(server);
  await fs.writeFile(server, 'b');
  await fs.utimes(server, atime, mtime);
  expect(await isWhole(folder, later())).toBe(false);
});

test('the files of a folder that was found whole are not read again, unless one changed just before', async () => {
  const folder = await sealed();
  expect(await readBy(() => isWhole(folder))).toBe(1);
  expect(await readBy(() => isWhole(folder))).toBe(1);
  expect(await readBy(() => isWhole(folder, later()))).toBe(1);
  expect(await readBy(() => isWhole(folder, later()))).toBe(0);
  await fs.chmod(join(folder, 'server'), 0o700);
  expect(await readBy(() => isWhole(folder))).toBe(1);
});

async function sealed(): Promise<string> {
  const folder = join(temporaryFolder(), 'entry');
  await fs.mkdir(folder);
  await fs.writeFile(join(folder, 'server'), 'a');
  await seal(folder);
  return folder;
}

async function readBy(check: () => Promise<boolean>): Promise<number> {
  const before = opened.files;
  expect(await check()).toBe(true);
  return opened.files - before;
}
