import type { BadInputs, Row } from './table.ts';

const SHOP = {
  start: ['true'],
  ready: { path: '/' },
  open: [['true']],
  buy: { path: '/' },
  left: { ask: ['true'] },
  answers: { sold: { status: 200 }, soldOut: { status: 404 } },
};
const changed = (patch: object): string => JSON.stringify({ ...SHOP, ...patch });
const lacking = (field: string): string => changed({ [field]: undefined });

const files = {
  'empty.json': '',
  'cut.json': changed({}).slice(0, 60),
  'list.json': '[]',
  'nothing.json': '{}',
  'no-buy.json': lacking('buy'),
  'no-answers.json': lacking('answers'),
  'no-open.json': lacking('open'),
  'no-left.json': lacking('left'),
  'no-start.json': lacking('start'),
  'no-ready.json': lacking('ready'),
  'elsewhere.json': changed({ start: undefined, baseUrl: 'http://127.0.0.1:1' }),
  'empty-start.json': changed({ start: [] }),
  'start-of-words.json': changed({ start: 'true' }),
  'no-path.json': changed({ buy: {} }),
  'other-method.json': changed({ buy: { path: '/', method: 'TAKE' } }),
  'no-status.json': changed({ answers: { sold: {}, soldOut: { status: 404 } } }),
  'status-of-words.json': changed({ answers: { sold: { status: 'ok' }, soldOut: { status: 404 } } }),
  'unknown-place.json': changed({ buy: { path: '/{prodct}' } }),
  'user-too-early.json': changed({ open: [['true', '{user}']] }),
  'unknown-field.json': changed({ pay: {} }),
  'bad-header.json': changed({ buy: { path: '/', headers: { 'a b': 'c' } } }),
  'our-header.json': changed({ buy: { path: '/', headers: { 'Content-Length': '1' } } }),
  'bad-url.json': changed({ baseUrl: 'somewhere' }),
  'ftp.json': changed({ baseUrl: 'ftp://127.0.0.1/' }),
  'asks-for-ca.json': changed({ env: { CA: '{redis_ca}' } }),
  'with-path.json': changed({ baseUrl: 'http://127.0.0.1:1/shop' }),
  'bad-timeout.json': changed({ timeoutMs: -1 }),
  'bad-ready.json': changed({ ready: { path: '/', timeoutMs: 0 } }),
  'env-of-numbers.json': changed({ env: { A: 1 } }),
  'bom.json': `\ufeff${lacking('buy')}`,
  'nul.json': changed({ start: ['a\u0000b'] }),
  'nul-env.json': changed({ env: { A: '\u0000' } }),
  'long-start.json': changed({ start: ['true', 'x'.repeat(200_000)] }),
  'a-billion.json': changed({ consumers: { module: 'x', count: 1e9 } }),
  'for-ever.json': changed({ timeoutMs: 1e15 }),
  'deep.json': `{"buy":${'['.repeat(3_000)}${']'.repeat(3_000)}}`,
  'folder.json/': '',
  'pipe.json|': '',
};

const rows: readonly Row[] = [
  ['intercept elsewhere.json', 'elsewhere: intercept starts each process itself, and the file has no start'],
  ['intercept no-buy.json', 'no-buy.json: '],
  ['intercept', '--start, --buy, --open, --left, --sold, --sold-out are missing'],
  [
    "intercept --start 'node shop.mjs' --buy buy --open 'SET s 1' --left 'GET s' --sold 200 --sold-out 404",
    '--buy is "buy"',
  ],
  [
    "intercept --start 'node shop.mjs' --buy 'GET /' --open 'SET s 1' --left 'GET s' --sold ok --sold-out 404",
    '--sold is "ok"',
  ],
  [
    "intercept --start '\"node' --buy 'GET /' --open 'SET s 1' --left 'GET s' --sold 200 --sold-out 404",
    '--start is ""node": a quote is open at its end',
  ],
  [
    "intercept --start 'true' --buy 'GET /{who}' --open 'SET s 1' --left 'GET s' --sold 200 --sold-out 404",
    'the service that the flags describe: {who} is not known here',
  ],
  ['intercept no-start.json --sold 200', '--sold and no-start.json: both say what the service is'],
  ['bench --service nul.json', 'the service file: The argument '],
  ['bench --service nul-env.json', 'the service file: '],
  ['storm --service long-start.json', 'the service file: its command is too long for the system'],
  [
    'bench --service a-billion.json',
    'a-billion.json: Too big: expected number to be <=100, at consumers.count',
  ],
  ['bench --service for-ever.json', 'for-ever.json: Too big: expected number to be <=86400000, at timeoutMs'],
  ['bench --service deep.json', 'deep.json cannot be read: it is nested more than 200 deep'],
  ['storm --service empty.json', 'empty.json cannot be read: it is empty'],
  ['storm --service cut.json', 'cut.json cannot be read: it is cut short: its JSON does not end'],
  ['storm --service list.json', 'list.json: Invalid input: expected object, received array'],
  [
    'storm --service nothing.json',
    'nothing.json: Invalid input: expected object, and there is none, at ready',
  ],
  ['storm --service no-buy.json', 'no-buy.json: Invalid input: expected object, and there is none, at buy'],
  [
    'storm --service no-answers.json',
    'no-answers.json: Invalid input: expected object, and there is none, at answers',
  ],
  ['storm --service no-open.json', 'no-open.json: Invalid input: expected array, and there is none, at open'],
  [
    'storm --service no-left.json',
    'no-left.json: Invalid input: expected object, and there is none, at left',
  ],
  ['storm --service no-start.json', 'no-start.json: give start, or the URL at which it runs, at baseUrl'],
  [
    'storm --service no-ready.json',
    'no-ready.json: Invalid input: expected object, and there is none, at ready',
  ],
  [
    'storm --service empty-start.json',
    'empty-start.json: Too small: expected array to have >=1 items, at start',
  ],
  [
    'storm --service start-of-words.json',
    'start-of-words.json: Invalid input: expected array, received string, at start',
  ],
  [
    'storm --service no-path.json',
    'no-path.json: Invalid input: expected string, and there is none, at buy.path',
  ],
  [
    'storm --service other-method.json',
    'other-method.json: Invalid option: expected one of "GET"|"POST"|"PUT"|"PATCH"|"DELETE", at buy.method',
  ],
  [
    'storm --service no-status.json',
    'no-status.json: say at least one of status, json and body, at answers.sold',
  ],
  [
    'storm --service status-of-words.json',
    'status-of-words.json: Invalid input: expected number, received string, at answers.sold.status',
  ],
  [
    'storm --service unknown-place.json',
    'unknown-place.json: {prodct} is not known here: use {port}, {redis_port}, {redis_ca}, {folder}, {product},',
  ],
  [
    'storm --service user-too-early.json',
    'user-too-early.json: {user} is not known here: use {port}, {redis_port}, {redis_ca}, {folder}, {product},',
  ],
  ['storm --service unknown-field.json', 'unknown-field.json: Unrecognized key: "pay"'],
  ['storm --service bad-header.json', 'bad-header.json: Invalid key in record, at buy.headers.a b'],
  [
    'storm --service our-header.json',
    'our-header.json: leave out content-length, transfer-encoding, expect, upgrade: oversell writes what is',
  ],
  ['storm --service bad-url.json', 'baseUrl is "somewhere"'],
  ['storm --service asks-for-ca.json', 'the service file asks for {redis_ca}, and only intercept speaks TLS'],
  ['storm --service ftp.json', 'baseUrl is "ftp://127.0.0.1/"'],
  ['storm --service with-path.json', 'baseUrl is "http://127.0.0.1:1/shop"'],
  ['storm --service bad-timeout.json', 'bad-timeout.json: Too small: expected number to be >0, at timeoutMs'],
  [
    'storm --service bad-ready.json',
    'bad-ready.json: Too small: expected number to be >0, at ready.timeoutMs',
  ],
  [
    'storm --service env-of-numbers.json',
    'env-of-numbers.json: Invalid input: expected string, received number, at env.A',
  ],
  ['storm --service bom.json', 'bom.json: Invalid input: expected object, and there is none, at buy'],
  ['storm --service folder.json', 'folder.json cannot be read: it is a folder'],
  ['storm --service pipe.json', 'pipe.json cannot be read: it is a pipe (FIFO)'],
  ["storm --service ''", 'no file is named'],
  [
    'storm --service empty.json/shop.json',
    'empty.json/shop.json cannot be read: a part of its path is a file, no folder',
  ],
];

/** Files that describe no service. */
export const services: BadInputs = { rows, files };
