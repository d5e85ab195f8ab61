import { readFileSync } from 'node:fs';
import type { BadInputs, Row } from './table.ts';

const EXAMPLE = new URL(
  '../../../reports/example/counterexamples/lua-decrement-buyer-crash-stranded.json',
  import.meta.url,
);
const text = readFileSync(EXAMPLE, 'utf8');
const changed = (patch: object): string => JSON.stringify({ ...(JSON.parse(text) as object), ...patch });
const lacking = (field: string): string => changed({ [field]: undefined });
const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);

const files = {
  'empty.json': '',
  'blank.json': ' \n',
  'cut.json': text.slice(0, text.length / 2),
  'one-byte.json': '{',
  'words.json': 'no JSON at all',
  'trailing.json': `${text},`,
  'null.json': 'null',
  'list.json': '[]',
  'number.json': '7',
  'text.json': '"a counterexample"',
  'nothing.json': '{}',
  'utf-16.json': utf16,
  'latin-1.json': Buffer.from(text.replace('lua-decrement', 'l\u00fca-decrement'), 'latin1'),
  'binary.json': Buffer.from([0, 1, 2, 3, 254, 255]),
  'newer.json': changed({ oversell: 2 }),
  'much-newer.json': changed({ oversell: 17, steps: undefined }),
  'older.json': changed({ oversell: 0 }),
  'version-in-words.json': changed({ oversell: '1' }),
  'other-kind.json': changed({ kind: 'exploration' }),
  'no-kind.json': lacking('kind'),
  'no-version.json': lacking('oversell'),
  'no-strategy.json': lacking('strategy'),
  'no-property.json': lacking('property'),
  'no-message.json': lacking('message'),
  'no-remedy.json': lacking('remedy'),
  'no-scope.json': lacking('scope'),
  'no-steps.json': lacking('steps'),
  'no-schedule.json': lacking('schedule'),
  'no-server.json': lacking('server'),
  'other-property.json': changed({ property: 'undersell' }),
  'schedule-of-words.json': changed({ schedule: ['start'] }),
  'unknown-event.json': changed({ schedule: [{ slot: 0, event: 'explode' }] }),
  'scope-of-nothing.json': changed({ scope: {} }),
  'unknown-strategy.json': changed({ strategy: 'no-such-strategy' }),
  'strategy-of-nobody.json': changed({ strategy: '' }),
  'missing-file.json': changed({ path: '/nowhere/sell.mjs' }),
  'file-is-a-folder.json': changed({ path: '/' }),
  'relative-file.json': changed({ path: './nowhere.mjs' }),
  'bom-and-newer.json': `\ufeff${changed({ oversell: 2 })}`,
  'crlf-and-cut.json': text.replaceAll('\n', '\r\n').slice(0, 400),
  'folder.json/': '',
  'pipe.json|': '',
};

const rows: readonly Row[] = [
  ['replay empty.json', 'empty.json cannot be read: it is empty'],
  ['replay blank.json', 'blank.json cannot be read: it is empty'],
  ['replay cut.json', 'cut.json cannot be read: it is cut short: its JSON does not end'],
  ['replay one-byte.json', 'one-byte.json cannot be read: it is cut short: its JSON does not end'],
  [
    'replay words.json',
    'words.json cannot be read: it is no JSON: Unexpected token \'o\', "no JSON at all" is not valid JSON',
  ],
  [
    'replay trailing.json',
    `trailing.json cannot be read: it is no JSON: Unexpected non-whitespace character after JSON at position ${text.length}`,
  ],
  ['replay null.json', 'null.json is not a counterexample: Invalid input: expected object, received null'],
  ['replay list.json', 'list.json is not a counterexample: Invalid input: expected object, received array'],
  [
    'replay number.json',
    'number.json is not a counterexample: Invalid input: expected object, received number',
  ],
  ['replay text.json', 'text.json is not a counterexample: Invalid input: expected object, received string'],
  ['replay nothing.json', 'nothing.json is not a counterexample: Invalid input: expected 1, at oversell'],
  ['replay utf-16.json', 'utf-16.json cannot be read: it is UTF-16: write it as UTF-8'],
  ['replay latin-1.json', 'latin-1.json cannot be read: it is no text in UTF-8'],
  ['replay binary.json', 'binary.json cannot be read: it is no text in UTF-8'],
  ['replay newer.json', 'newer.json is a counterexample of version 2; this oversell reads version 1'],
  [
    'replay much-newer.json',
    'much-newer.json is a counterexample of version 17; this oversell reads version 1',
  ],
  ['replay older.json', 'older.json is not a counterexample: Invalid input: expected 1, at oversell'],
  [
    'replay version-in-words.json',
    'version-in-words.json is not a counterexample: Invalid input: expected 1, at oversell',
  ],
  [
    'replay other-kind.json',
    'other-kind.json is not a counterexample: Invalid input: expected "counterexample", at kind',
  ],
  [
    'replay no-kind.json',
    'no-kind.json is not a counterexample: Invalid input: expected "counterexample", at kind',
  ],
  [
    'replay no-version.json',
    'no-version.json is not a counterexample: Invalid input: expected 1, at oversell',
  ],
  [
    'replay no-strategy.json',
    'no-strategy.json is not a counterexample: Invalid input: expected string, and there is none, at strategy',
  ],
  ['replay no-property.json', 'no-property.json is not a counterexample: Invalid option: expected one of'],
  [
    'replay no-message.json',
    'no-message.json is not a counterexample: Invalid input: expected string, and there is none, at message',
  ],
  [
    'replay no-remedy.json',
    'no-remedy.json is not a counterexample: Invalid input: expected string, and there is none, at remedy',
  ],
  [
    'replay no-scope.json',
    'no-scope.json is not a counterexample: Invalid input: expected object, and there is none, at scope',
  ],
  [
    'replay no-steps.json',
    'no-steps.json is not a counterexample: Invalid input: expected array, and there is none, at steps',
  ],
  [
    'replay no-schedule.json',
    'no-schedule.json is not a counterexample: Invalid input: expected array, and there is none, at schedule',
  ],
  [
    'replay no-server.json',
    'no-server.json is not a counterexample: Invalid input: expected string, and there is none, at server',
  ],
  [
    'replay other-property.json',
    'other-property.json is not a counterexample: Invalid option: expected one of',
  ],
  [
    'replay schedule-of-words.json',
    'schedule-of-words.json is not a counterexample: Invalid input: expected object, received string, at schedule.0',
  ],
  [
    'replay unknown-event.json',
    "unknown-event.json is not a counterexample: Invalid discriminator value. Expected 'start' | 'execute' |",
  ],
  [
    'replay scope-of-nothing.json',
    'scope-of-nothing.json is not a counterexample: Invalid input: expected number, and there is none, at',
  ],
  ['replay unknown-strategy.json', 'there is no strategy "no-such-strategy"'],
  ['replay strategy-of-nobody.json', 'there is no strategy ""'],
  ['replay missing-file.json', '/nowhere/sell.mjs does not exist'],
  ['replay file-is-a-folder.json', '/ is a folder'],
  ['replay relative-file.json', '<here>/nowhere.mjs does not exist'],
  [
    'replay bom-and-newer.json',
    'bom-and-newer.json is a counterexample of version 2; this oversell reads version 1',
  ],
  ['replay crlf-and-cut.json', 'crlf-and-cut.json cannot be read: it is cut short: its JSON does not end'],
  ['replay folder.json', 'folder.json cannot be read: it is a folder'],
  ['replay pipe.json', 'pipe.json cannot be read: it is a pipe (FIFO)'],
  ['replay nowhere.json', 'nowhere.json cannot be read: there is no such file'],
  ['replay nowhere/counterexample.json', 'nowhere/counterexample.json cannot be read: there is no such file'],
  [
    'replay empty.json/counterexample.json',
    'empty.json/counterexample.json cannot be read: a part of its path is a file, no folder',
  ],
  ["replay ''", 'no file is named'],
  ['replay base', 'base cannot be read: it is a folder'],
  ['replay base/result.json', 'base/result.json is not a counterexample, but the result of a run'],
  [
    'replay history.jsonl',
    'history.jsonl cannot be read: it is no JSON: Unexpected non-whitespace character after JSON at position 63',
  ],
  ['replay shop.json', 'shop.json is not a counterexample, but a service file'],
  [
    'replay careless.mjs',
    'careless.mjs cannot be read: it is no JSON: Unexpected token \'/\', "// Three s"... is not valid JSON',
  ],
  ['replay counterexample.json --redis redis://127.0.0.1:1', '--redis: connect ECONNREFUSED 127.0.0.1:1', 4],
  ['replay counterexample.json --seed 1', "unknown option '--seed'"],
  [
    'replay counterexample.json --redis-server ./nowhere',
    '--redis-server: <here>/nowhere does not run: spawn <here>/nowhere ENOENT',
  ],
  ['replay /dev/zero', '/dev/zero cannot be read: it is no file, but a device or a socket'],
  ['replay /dev/null', '/dev/null cannot be read: it is no file, but a device or a socket'],
];

/** Files that are no counterexample, or none that can be replayed here. */
export const counterexamples: BadInputs = { rows, files };
