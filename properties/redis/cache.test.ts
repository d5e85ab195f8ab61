import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWhole, seal } from '../../harness/redis/find/cache.ts';
import { temporaryFolder } from '../helpers/processes.ts';

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
