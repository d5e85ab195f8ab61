import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { exists, foldersIn, section, text } from '../helpers/guides.ts';

const HARNESS = foldersIn('harness/');
/** All that "Design" has to name. A folder of tests that is called as what it tests needs no words. */
const FOLDERS = [
  'strategies/',
  'properties/',
  'reports/',
  ...HARNESS,
  ...['harness/explorer/', 'harness/redis/', 'reports/'].flatMap(foldersIn),
  ...foldersIn('properties/').filter((folder) => !mirrors(folder)),
];

function mirrors(folder: string): boolean {
  const name = basename(folder);
  return exists(`harness/${name}/`) || exists(`${name}/`);
}

/** The paths in backticks, in full; `search/search.ts` is short for one in `harness/explorer/`. */
function pathsIn(design: string): string[] {
  const named = [...design.matchAll(/`([\w-]+(?:\/[\w-]+)*(?:\/|\.ts))`/g)].map(([, path]) => path!);
  return named.map(
    (path) =>
      ['', 'harness/', 'harness/explorer/', 'reports/'].map((above) => above + path).find(exists) ?? path,
  );
}

/** Folders that are there and not named, and paths that are named and not there. */
const differences = (design: string): string[] => {
  const paths = pathsIn(design);
  return [...FOLDERS.filter((folder) => !paths.includes(folder)), ...paths.filter((path) => !exists(path))];
};

const design = section(text('README.md'), 'Design');

test('the README’s design names every folder that there is, no other, and files that are there', () => {
  expect(differences(design)).toEqual([]);
});

test('a folder that the design leaves out is told, and so is one that is gone', () => {
  expect(differences(design.replace('`harness/loader/`', 'it'))).toEqual(['harness/loader/']);
  expect(differences(`${design} \`harness/nemesis/\` \`storm/squall.ts\``)).toEqual([
    'harness/nemesis/',
    'storm/squall.ts',
  ]);
});
