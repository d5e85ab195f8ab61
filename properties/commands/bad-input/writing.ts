import type { BadInputs, Row } from './table.ts';

const files = {
  file: 'of somebody',
  'mine.test.ts': "import { test } from 'vitest';\n",
  'folder/': '',
  'summary-folder/': '',
};

const rows: readonly Row[] = [
  [
    'explore lua-decrement --buyers 1 --stock 1 --runs file',
    '--runs: <here>/file cannot be written: a part of its path is a file, no folder',
  ],
  [
    'explore lua-decrement --buyers 1 --stock 1 --runs file/runs',
    '--runs: <here>/file/runs cannot be written: a part of its path is a file, no folder',
  ],
  ["explore lua-decrement --buyers 1 --stock 1 --runs ''", '--runs names no folder'],
  [
    'explore lua-decrement --buyers 1 --stock 1 --runs /dev/null',
    '--runs: /dev/null cannot be written: a part of its path is a file, no folder',
  ],
  [
    'explore lua-decrement --buyers 1 --stock 1 --runs xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    '--runs:',
  ],
  [
    'explore lua-decrement --buyers 1 --stock 1 --emit-test mine.test.ts',
    '--emit-test: mine.test.ts is there already, and oversell did not write it',
  ],
  [
    'explore lua-decrement --buyers 1 --stock 1 --emit-test folder',
    '--emit-test: folder cannot be written: a folder has that name',
  ],
  [
    'explore lua-decrement --buyers 1 --stock 1 --emit-test nowhere/mine.test.ts',
    '--emit-test: nowhere/mine.test.ts cannot be written: its folder does not exist',
  ],
  [
    'explore lua-decrement --buyers 1 --stock 1 --emit-test file/mine.test.ts',
    '--emit-test: <here>/file cannot be written: a part of its path is a file, no folder',
  ],
  ["explore lua-decrement --buyers 1 --stock 1 --emit-test ''", '--emit-test names no file'],
  [
    'explore lua-decrement --buyers 1 --stock 1 --emit-test /dev/null',
    '--emit-test: /dev/null is there already, and oversell did not write it',
  ],
  [
    'evaluate lua-decrement --runs file',
    '--runs: <here>/file cannot be written: a part of its path is a file, no folder',
  ],
  [
    'evaluate lua-decrement --runs file/runs',
    '--runs: <here>/file/runs cannot be written: a part of its path is a file, no folder',
  ],
  ["evaluate lua-decrement --runs ''", '--runs names no folder'],
  [
    'evaluate lua-decrement --github-summary',
    'GITHUB_STEP_SUMMARY: summary-folder cannot be written: a folder has that name',
  ],
  [
    'bench lua-decrement --history --runs file',
    '--runs: <here>/file cannot be written: a part of its path is a file, no folder',
  ],
  ["bench lua-decrement --history --runs ''", '--runs names no folder'],
  [
    'bench --service shop.json --history --runs file',
    '--runs: <here>/file cannot be written: a part of its path is a file, no folder',
  ],
  [
    'storm --service shop.json --history --runs file',
    '--runs: <here>/file cannot be written: a part of its path is a file, no folder',
  ],
  [
    'report base --github-summary',
    'GITHUB_STEP_SUMMARY: summary-folder cannot be written: a folder has that name',
  ],
];

/** Places where nothing can be written. */
export const writing: BadInputs = { rows, files, env: { GITHUB_STEP_SUMMARY: 'summary-folder' } };
