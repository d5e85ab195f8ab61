import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Changes } from '../../harness/watch/changes.ts';
import { sourcesOf } from '../../harness/loader/sources.ts';
import { folderWith } from '../helpers/strategy-sources.ts';

const FILES = {
  'sell.ts': `import { take } from './lib/take.ts';\nimport Redis from 'ioredis';\nexport { take, Redis };`,
  'lib/take.ts': 'export const take = 1;',
  'lib/take.lua': 'return 1',
  'other.ts': 'export const nobody = 1;',
};

test('a strategy consists of its file, what that imports, and scripts that lie beside them', () => {
  const folder = folderWith(FILES);
  const names = sourcesOf(join(folder, 'sell.ts')).map((file) => basename(file));
  expect(names.toSorted()).toEqual(['sell.ts', 'take.lua', 'take.ts']);
});

test('of a file that does not compile, itself', () => {
  const folder = folderWith({ 'sell.ts': 'export const = 1;' });
  expect(sourcesOf(join(folder, 'sell.ts'))).toEqual([join(folder, 'sell.ts')]);
});

/** What is told to have changed, and how long nothing was told of a file that is no part of it. */
async function changedBy(change: (folder: string) => void): Promise<string | undefined> {
  const folder = folderWith(FILES);
  const changes = new Changes(join(folder, 'sell.ts'));
  changes.note();
  const over = new AbortController();
  onTestFinished(() => over.abort());
  change(folder);
  const changed = await changes.next(over.signal);
  return changed && basename(changed);
}

test.each([
  ['written anew', 'sell.ts', (file: string) => writeFileSync(file, 'export {};')],
  [
    'replaced, as editors save',
    'sell.ts',
    (file: string) => {
      writeFileSync(`${file}~`, 'export {};');
      renameSync(`${file}~`, file);
    },
  ],
  ['imported', 'lib/take.ts', (file: string) => appendFileSync(file, '\n')],
  ['a script', 'lib/take.lua', (file: string) => appendFileSync(file, '\n')],
])('a change is told where it is %s', async (_, name, change) => {
  expect(await changedBy((folder) => change(join(folder, name)))).toBe(basename(name));
});

test('what is no part of it is no change: the next that is one is told', async () => {
  const changed = changedBy((folder) => {
    appendFileSync(join(folder, 'other.ts'), '\n');
    appendFileSync(join(folder, 'lib/take.ts'), '\n');
  });
  expect(await changed).toBe('take.ts');
});
