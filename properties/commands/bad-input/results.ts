import { readFileSync } from 'node:fs';
import type { BadInputs, Row } from './table.ts';

const text = readFileSync(new URL('../../../reports/example/result.json', import.meta.url), 'utf8');
const changed = (patch: object): string => JSON.stringify({ ...(JSON.parse(text) as object), ...patch });
const figures = { environment: {}, strategies: [] };

const files = {
  'cut/result.json': text.slice(0, 2_000),
  'empty/result.json': '',
  'newer/result.json': changed({ version: 99 }),
  'newer-bom/result.json': `\ufeff${changed({ version: 99 })}`,
  'zero/result.json': changed({ version: 0 }),
  'in-words/result.json': changed({ version: '2' }),
  'no-version/result.json': changed({ version: undefined }),
  'no-machine/result.json': changed({ machine: undefined }),
  'no-strategies/result.json': changed({ strategies: undefined }),
  'other-status/result.json': changed({ status: 'fine' }),
  'other-profile/result.json': changed({ profile: 'slow' }),
  'strategies-of-words/result.json': changed({ strategies: ['lua-decrement'] }),
  'foreign/result.json': '{"name":"a package","version":"1.0.0"}',
  'list/result.json': '[]',
  'words/result.json': 'no JSON at all',
  'history/result.json': '{"oversell":1,"sale":{"sku":"tea","stock":1}}',
  'figures/result.json': JSON.stringify(figures),
  'error/result.json': '{"error":{"code":"USAGE","message":"","remedy":""}}',
  'folder/result.json/': '',
  'pipe/result.json|': '',
  'deep/result.json': `{"version":1,"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
  'hollow/': '',
  'figures.json': JSON.stringify(figures),
  'half-figures.json': JSON.stringify({ environment: { node: 'v20' }, strategies: [] }),
  'strategy-less.json': JSON.stringify({ environment: {} }),
  'number.json': '1',
  'error.json': '{"error":{"code":"USAGE","message":"","remedy":""}}',
  'drawn/result.json': text,
  'drawn/report.html/': '',
  'drawn-md/result.json': text,
  'drawn-md/report.md/': '',
};

const rows: readonly Row[] = [
  ['report cut', 'cut/result.json cannot be read: it is cut short: its JSON does not end'],
  ['report deep', 'deep/result.json cannot be read: it is nested more than 200 deep'],
  ['compare deep deep', 'deep/result.json cannot be read: it is nested more than 200 deep'],
  ['report empty', 'empty/result.json cannot be read: it is empty'],
  ['report newer', 'newer/result.json is of version 99; this oversell reads versions 1 to 2'],
  ['report newer-bom', 'newer-bom/result.json is of version 99; this oversell reads versions 1 to 2'],
  ['report zero', 'zero/result.json is not the result of a run: it names no version'],
  ['report in-words', 'in-words/result.json is not the result of a run: it names no version'],
  ['report no-version', 'no-version/result.json is not the result of a run: it names no version'],
  [
    'report no-machine',
    'no-machine/result.json is not the result of a run: Invalid input: expected object, and there is none, at',
  ],
  [
    'report no-strategies',
    'no-strategies/result.json is not the result of a run: Invalid input: expected array, and there is none, at',
  ],
  [
    'report other-status',
    'other-status/result.json is not the result of a run: Invalid option: expected one of',
  ],
  [
    'report other-profile',
    'other-profile/result.json is not the result of a run: Invalid option: expected one of "quick"|"full", at',
  ],
  [
    'report strategies-of-words',
    'strategies-of-words/result.json is not the result of a run: Invalid input: expected object, received string,',
  ],
  ['report foreign', 'foreign/result.json is not the result of a run: it names no version'],
  ['report list', 'list/result.json is not the result of a run: it names no version'],
  [
    'report words',
    'words/result.json cannot be read: it is no JSON: Unexpected token \'o\', "no JSON at all" is not valid JSON',
  ],
  ['report history', 'history/result.json is not the result of a run, but the first line of a history'],
  ['report figures', 'figures/result.json is not the result of a run, but what bench --json prints'],
  [
    'report error',
    'error/result.json is not the result of a run, but what a command printed that had no answer',
  ],
  ['report folder', 'folder/result.json cannot be read: it is a folder'],
  ['report pipe', 'pipe/result.json cannot be read: it is a pipe (FIFO)'],
  ['report drawn', 'drawn/report.html cannot be written: a folder has that name'],
  ['report drawn-md', 'drawn-md/report.md cannot be written: a folder has that name'],
  ['report hollow', 'hollow/result.json cannot be read: there is no such file'],
  ['report nowhere', 'nowhere cannot be read: there is no such file'],
  ["report ''", 'no file is named'],
  ['report base/result.json', 'base/result.json is a file, and the report goes into the folder of a run'],
  ['report base/nowhere', 'base/nowhere cannot be read: there is no such file'],
  [
    'report history.jsonl',
    'history.jsonl cannot be read: it is no JSON: Unexpected non-whitespace character after JSON at position 63',
  ],
  ['report counterexample.json', 'counterexample.json is not the result of a run, but a counterexample'],
  ['report base --seed 1', "unknown option '--seed'"],
  ['report base --runs elsewhere', "unknown option '--runs'"],
  ['compare base cut', 'cut/result.json cannot be read: it is cut short: its JSON does not end'],
  ['compare base newer', 'newer is of version 99; this oversell reads versions 1 to 2'],
  ['compare newer base', 'newer is of version 99; this oversell reads versions 1 to 2'],
  ['compare base hollow', 'hollow/result.json cannot be read: there is no such file'],
  [
    'compare base figures.json',
    'figures.json is not what bench --json prints: Invalid input: expected string, and there is none, at',
  ],
  [
    'compare base half-figures.json',
    'half-figures.json is not what bench --json prints: Invalid input: expected string, and there is none, at',
  ],
  [
    'compare base strategy-less.json',
    'strategy-less.json is not what bench --json prints: Invalid input: expected string, and there is none, at',
  ],
  ['compare base number.json', "number.json is neither what bench --json prints nor a run's result.json"],
  [
    'compare base error.json',
    'error.json is not what bench --json prints, but what a command printed that had no answer',
  ],
  ['compare base foreign', 'foreign is not the result of a run: it names no version'],
  ["compare base ''", 'no file is named'],
  ['compare base pipe/result.json', 'pipe/result.json cannot be read: it is a pipe (FIFO)'],
  ['compare shop.json base', 'shop.json is not what bench --json prints, but a service file'],
];

/** Folders and files in which there is no result, or none that can be read or drawn. */
export const results: BadInputs = { rows, files };
