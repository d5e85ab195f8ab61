import { documentedHistory } from '../../helpers/workshop.ts';
import type { BadInputs, Row } from './table.ts';

const [header = '', ...lines] = documentedHistory.trimEnd().split('\n');
const OPERATION = {
  process: 0,
  request: 'r1',
  attempt: 1,
  user: 'ann',
  op: 'purchase',
  quantity: 1,
  invoked: 1,
  completed: 2,
  outcome: 'sold',
};
/** A history of one more operation, which is wrong. */
const withOperation = (patch: object): string =>
  [header, JSON.stringify({ ...OPERATION, ...patch })].join('\n');
const headed = (line: string): string => [line, ...lines].join('\n');

const files = {
  'empty.jsonl': '',
  'blank.jsonl': '\n',
  'cut.jsonl': documentedHistory.slice(0, documentedHistory.length - 40),
  'no-header.jsonl': lines.join('\n'),
  'newer.jsonl': headed(header.replace('"oversell":1', '"oversell":2')),
  'newer-bom.jsonl': `\ufeff${headed(header.replace('"oversell":1', '"oversell":2'))}`,
  'zero.jsonl': headed(header.replace('"oversell":1', '"oversell":0')),
  'in-words.jsonl': headed(header.replace('"oversell":1', '"oversell":"1"')),
  'no-sale.jsonl': headed('{"oversell":1}'),
  'sale-of-words.jsonl': headed('{"oversell":1,"sale":"tea"}'),
  'no-stock.jsonl': headed('{"oversell":1,"sale":{"sku":"tea"}}'),
  'no-sku.jsonl': headed('{"oversell":1,"sale":{"stock":1}}'),
  'negative-stock.jsonl': headed('{"oversell":1,"sale":{"sku":"tea","stock":-1}}'),
  'half-stock.jsonl': headed('{"oversell":1,"sale":{"sku":"tea","stock":1.5}}'),
  'huge-stock.jsonl': headed('{"oversell":1,"sale":{"sku":"tea","stock":1e99}}'),
  'no-limit.jsonl': headed('{"oversell":1,"sale":{"sku":"tea","stock":1,"perUserLimit":0}}'),
  'confirms-of-words.jsonl': headed('{"oversell":1,"confirms":"yes","sale":{"sku":"tea","stock":1}}'),
  'words.jsonl': `${header}\nsold one\n`,
  'list.jsonl': `${header}\n[]\n`,
  'gap.jsonl': `${header}\n\n${lines[0]}\n`,
  'two-on-a-line.jsonl': `${header}\n${lines[0]}${lines[1]}\n`,
  'no-process.jsonl': withOperation({ process: undefined }),
  'negative-process.jsonl': withOperation({ process: -1 }),
  'no-request.jsonl': withOperation({ request: undefined }),
  'request-of-numbers.jsonl': withOperation({ request: 1 }),
  'no-user.jsonl': withOperation({ user: '' }),
  'no-op.jsonl': withOperation({ op: undefined }),
  'other-op.jsonl': withOperation({ op: 'steal' }),
  'no-quantity.jsonl': withOperation({ quantity: undefined }),
  'zero-quantity.jsonl': withOperation({ quantity: 0 }),
  'half-quantity.jsonl': withOperation({ quantity: 0.5 }),
  'quantity-of-words.jsonl': withOperation({ quantity: '1' }),
  'zeroth-attempt.jsonl': withOperation({ attempt: 0 }),
  'no-start.jsonl': withOperation({ invoked: undefined }),
  'negative-start.jsonl': withOperation({ invoked: -1 }),
  'ends-before.jsonl': withOperation({ completed: 0 }),
  'open-end.jsonl': withOperation({ completed: undefined }),
  'no-outcome.jsonl': withOperation({ outcome: undefined }),
  'other-outcome.jsonl': withOperation({ outcome: 'stolen' }),
  'outcome-of-another.jsonl': withOperation({ op: 'release' }),
  'half-a-character.jsonl': withOperation({ user: '\ud800' }),
  'drained-of-words.jsonl': `${header}\n{"op":"drained","value":"6"}\n`,
  'drained-twice.jsonl': `${header}\n{"op":"drained","value":6}\n{"op":"drained","value":6}\n`,
  'drained-below.jsonl': `${header}\n{"op":"drained","value":-1}\n`,
  'ledger-of-words.jsonl': `${header}\n{"op":"recorded","sales":"none"}\n`,
  'ledger-of-nobody.jsonl': `${header}\n{"op":"recorded","sales":[{"quantity":1}]}\n`,
  'two-ledgers.jsonl': `${header}\n{"op":"recorded","sales":null}\n{"op":"recorded","sales":[]}\n`,
  'latin-1.jsonl': Buffer.from(withOperation({ user: 'J\u00fcrgen' }), 'latin1'),
  'utf-16.jsonl': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(documentedHistory, 'utf16le')]),
  'binary.jsonl': Buffer.from([0, 1, 2, 254, 255]),
  'folder.jsonl/': '',
};

const rows: readonly Row[] = [
  ['check empty.jsonl', 'empty.jsonl line 1 is missing: the file is empty'],
  ['check blank.jsonl', 'blank.jsonl line 1 is empty'],
  ['check cut.jsonl', 'cut.jsonl line 8 is not JSON: Unterminated string in JSON at position 33'],
  [
    'check no-header.jsonl',
    'no-header.jsonl line 1 is not a header: begin with {"oversell":1,"sale":{"sku":"…","stock":…}}',
  ],
  ['check newer.jsonl', 'newer.jsonl line 1 is of version 2; this oversell reads version 1'],
  ['check newer-bom.jsonl', 'newer-bom.jsonl line 1 is of version 2; this oversell reads version 1'],
  [
    'check zero.jsonl',
    'zero.jsonl line 1 is not a header: begin with {"oversell":1,"sale":{"sku":"…","stock":…}}',
  ],
  [
    'check in-words.jsonl',
    'in-words.jsonl line 1 is not a header: begin with {"oversell":1,"sale":{"sku":"…","stock":…}}',
  ],
  ['check no-sale.jsonl', 'no-sale.jsonl line 1 is wrong: sale is not an object'],
  ['check sale-of-words.jsonl', 'sale-of-words.jsonl line 1 is wrong: sale is not an object'],
  ['check no-stock.jsonl', 'no-stock.jsonl line 1 is wrong: sale.stock is missing, not a number'],
  ['check no-sku.jsonl', 'no-sku.jsonl line 1 is wrong: sale.sku is missing, not a string'],
  [
    'check negative-stock.jsonl',
    'negative-stock.jsonl line 1 is wrong: sale.stock is -1, not a whole number from 0 to 2^53−1',
  ],
  [
    'check half-stock.jsonl',
    'half-stock.jsonl line 1 is wrong: sale.stock is 1.5, not a whole number from 0 to 2^53−1',
  ],
  [
    'check huge-stock.jsonl',
    'huge-stock.jsonl line 1 is wrong: sale.stock is 1e+99, not a whole number from 0 to 2^53−1',
  ],
  [
    'check no-limit.jsonl',
    'no-limit.jsonl line 1 is wrong: sale.perUserLimit is 0, not a whole number from 1 to 2^53−1',
  ],
  [
    'check confirms-of-words.jsonl',
    'confirms-of-words.jsonl line 1 is wrong: confirms is "yes", not a boolean',
  ],
  [
    'check words.jsonl',
    'words.jsonl line 2 is not JSON: Unexpected token \'s\', "sold one" is not valid JSON',
  ],
  ['check list.jsonl', 'list.jsonl line 2 is wrong: it is not an object'],
  ['check gap.jsonl', 'gap.jsonl line 2 is empty'],
  [
    'check two-on-a-line.jsonl',
    'two-on-a-line.jsonl line 2 is not JSON: Unexpected non-whitespace character after JSON at position 143',
  ],
  ['check no-process.jsonl', 'no-process.jsonl line 2 is wrong: process is missing, not a number'],
  ['check negative-process.jsonl', 'negative-process.jsonl line 2 has process -1: number them from 0'],
  ['check no-request.jsonl', 'no-request.jsonl line 2 has no request: a purchase needs its token'],
  ['check request-of-numbers.jsonl', 'request-of-numbers.jsonl line 2 is wrong: request is 1, not a string'],
  ['check no-user.jsonl', 'no-user.jsonl line 2 has no user: a purchase needs its buyer'],
  [
    'check no-op.jsonl',
    'no-op.jsonl line 2 is wrong: op is missing, not one of purchase, release, restock, confirm',
  ],
  [
    'check other-op.jsonl',
    'other-op.jsonl line 2 is wrong: op is "steal", not one of purchase, release, restock, confirm',
  ],
  ['check no-quantity.jsonl', 'no-quantity.jsonl line 2 is wrong: quantity is missing, not a number'],
  ['check zero-quantity.jsonl', 'zero-quantity.jsonl line 2 has quantity 0: give whole units'],
  ['check half-quantity.jsonl', 'half-quantity.jsonl line 2 has quantity 0.5: give whole units'],
  ['check quantity-of-words.jsonl', 'quantity-of-words.jsonl line 2 is wrong: quantity is "1", not a number'],
  ['check zeroth-attempt.jsonl', 'zeroth-attempt.jsonl line 2 has attempt 0: number them from 1'],
  ['check no-start.jsonl', 'no-start.jsonl line 2 is wrong: invoked is missing, not a number'],
  [
    'check negative-start.jsonl',
    "negative-start.jsonl line 2 was invoked at -1: give ns since the run's start",
  ],
  ['check ends-before.jsonl', 'ends-before.jsonl line 2 completed at 0, before it was invoked at 1'],
  [
    'check open-end.jsonl',
    'open-end.jsonl line 2 ended "sold" but has no completion: only an unknown outcome may be open',
  ],
  [
    'check no-outcome.jsonl',
    'no-outcome.jsonl line 2 is wrong: outcome is missing, not one of sold, sold-out, limit-reached,',
  ],
  [
    'check other-outcome.jsonl',
    'other-outcome.jsonl line 2 is wrong: outcome is "stolen", not one of sold, sold-out, limit-reached,',
  ],
  [
    'check outcome-of-another.jsonl',
    'outcome-of-another.jsonl line 2 is a release that ended "sold": done, rejected, unknown',
  ],
  [
    'check half-a-character.jsonl',
    'half-a-character.jsonl line 2 is wrong: user holds half of a surrogate pair',
  ],
  ['check drained-of-words.jsonl', 'drained-of-words.jsonl line 2 is wrong: value is "6", not a number'],
  ['check drained-twice.jsonl', 'drained-twice.jsonl line 3 says a second time how many units were drained'],
  [
    'check drained-below.jsonl',
    'drained-below.jsonl line 2 is wrong: value is -1, not a whole number from 0 to 2^53−1',
  ],
  [
    'check ledger-of-words.jsonl',
    'ledger-of-words.jsonl line 2 has neither a list of sales nor null, which means that no ledger is kept',
  ],
  [
    'check ledger-of-nobody.jsonl',
    'ledger-of-nobody.jsonl line 2 is wrong: sale 1 of the ledger is {"quantity":1}',
  ],
  ['check two-ledgers.jsonl', 'two-ledgers.jsonl line 3 contradicts an earlier ledger'],
  ['check latin-1.jsonl', 'latin-1.jsonl line 2 is no UTF-8'],
  ['check utf-16.jsonl', 'utf-16.jsonl line 1 is no UTF-8'],
  ['check binary.jsonl', 'binary.jsonl line 1 is no UTF-8'],
  ['check folder.jsonl', 'folder.jsonl cannot be read: it is a folder'],
  ['check nowhere.jsonl', 'nowhere.jsonl cannot be read: there is no such file'],
  ["check ''", 'no file is named'],
  ['check base', 'base cannot be read: it is a folder'],
  [
    'check base/result.json',
    "base/result.json line 1 is not JSON: Expected property name or '}' in JSON at position 1",
  ],
  [
    'check counterexample.json',
    "counterexample.json line 1 is not JSON: Expected property name or '}' in JSON at position 1",
  ],
  [
    'check shop.json',
    'shop.json line 1 is not a header: begin with {"oversell":1,"sale":{"sku":"…","stock":…}}',
  ],
  [
    'check careless.mjs',
    'careless.mjs line 1 is not JSON: Unexpected token \'/\', "// Three s"... is not valid JSON',
  ],
  [
    'check empty.jsonl/history.jsonl',
    'empty.jsonl/history.jsonl cannot be read: a part of its path is a file, no folder',
  ],
];

/** Files that are no history, or contradict themselves. */
export const histories: BadInputs = { rows, files };
