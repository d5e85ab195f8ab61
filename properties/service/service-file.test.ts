import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PLACEHOLDERS } from '../../harness/documents/service.ts';
import { mentions, readServiceFile } from '../../harness/service/service-file.ts';
import { section, text } from '../helpers/guides.ts';
import { described, SERVICES, shop, STOREFRONT, written, type Described } from '../helpers/services.ts';

/** What is said against the sample with these changes; nothing, if it is read. */
function faultOf(changes: Described): string {
  try {
    readServiceFile(written({ ...shop, ...changes }));
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('the storefront’s own file and the sample are read, and know what they ask for', () => {
  const ours = readServiceFile(STOREFRONT);
  expect([ours.name, mentions(ours, 'redis_port'), mentions(ours, 'limit')]).toEqual([
    'oversell serve',
    true,
    true,
  ]);
  const sample = readServiceFile(join(SERVICES, 'shop.json'));
  expect([sample.name, mentions(sample, 'quantity')]).toEqual(['shop', false]);
  expect(readServiceFile(written(without('name'))).name).toBe('service');
});

const without = (key: string): Described =>
  Object.fromEntries(Object.entries(shop).filter(([name]) => name !== key));
const releasing = (path: string): Described => ({ release: { method: 'DELETE', path } });
const buying = (changes: object): Described => ({ buy: { ...(shop['buy'] as object), ...changes } });

describe('a name in braces that is not known where it stands', () => {
  test.each([
    ['{prodct} in the purchase', buying({ path: '/buy/{prodct}' }), '{prodct}', '{product}, {stock}'],
    ['{user} before there is one', { left: { ask: { path: '/{user}' } } }, '{user}', '{product}'],
    [
      '{product} before there is one',
      { start: ['node', '{product}'] },
      '{product}',
      '{port}, {redis_port}, {redis_ca}, {folder}',
    ],
    ['what no step keeps', { login: [] }, '{sid}', '{admin}'],
    [
      'anything in a certificate’s path',
      { tls: { ca: '{folder}/ca.pem' } },
      '{folder}',
      'nothing is filled in',
    ],
  ])('is refused, and what is known is listed: %s', (_, changes, name, known) => {
    expect(faultOf(changes)).toContain(`${name} is not known here`);
    expect(faultOf(changes)).toContain(known);
  });

  test('is known where units are given back, as where they are bought', () => {
    expect(faultOf(releasing('/orders/{request}?user={user}'))).toBe('');
    expect(faultOf(releasing('/orders/{order}'))).toContain('{order} is not known here');
  });

  test('is none where it is a quantifier or a class of a regular expression', () => {
    expect(
      faultOf({ left: { ask: { path: '/stock?product={product}' }, regex: '^(\\p{L}{2,3}\\d+)' } }),
    ).toBe('');
  });

  test('is refused in answers, which are the same for all', () => {
    expect(
      faultOf({ answers: { ...(shop['answers'] as object), sold: { body: 'order {request}' } } }),
    ).toContain('{request}: nothing is filled in here, at answers');
  });

  test('that a step keeps must not hide one of ours', () => {
    const login = [
      { path: '/login', keep: { user: { cookie: 'sid' }, sid: { cookie: 'sid' }, csrf: { header: 'x' } } },
    ];
    expect(faultOf({ login })).toContain('keep user under another name');
  });
});

test.each([
  ['a key that there is not', { redy: {} }, 'redy'],
  ['two bodies', buying({ body: 'x' }), 'one body'],
  ['a header that we write', buying({ headers: { 'Content-Length': '3' } }), 'leave out content-length'],
  ['a header that would be two', buying({ headers: { a: 'b\r\nc: d' } }), 'headers'],
  [
    'a regular expression that is none',
    { left: { ask: { path: '/' }, regex: '(' } },
    'no regular expression',
  ],
  ['a pointer that is none', { left: { ask: { path: '/' }, json: 'left' } }, 'JSON pointer'],
  ['an answer that says nothing', { answers: { sold: {}, soldOut: { status: 409 } } }, 'at least one'],
  ['nothing by which it would be known as ready', { ready: {} }, 'ready'],
])('%s is refused by its place', (_, changes, said) => {
  expect(faultOf(changes)).toContain(said);
});

test('a service that is not started here has to say where it is, and can say no line', () => {
  const running = { ...without('start'), name: 'shop' };
  expect(() => readServiceFile(written(running))).toThrow('at baseUrl');
  expect(() => readServiceFile(written({ ...running, baseUrl: 'http://127.0.0.1:80' }))).toThrow('at ready');
  const ready = { path: '/healthz' };
  expect(
    readServiceFile(written({ ...running, baseUrl: 'http://127.0.0.1:80', ready })).service.start,
  ).toBeUndefined();
});

test('a file that is not there, or no JSON, is told', () => {
  expect(() => readServiceFile('/nowhere/service.json')).toThrow('/nowhere/service.json cannot be read');
});

test('the description of the file has each of its keys, and each name that is filled in', () => {
  const guide = text('harness/service/README.md');
  const rows = [...guide.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name!);
  const keys = rows.filter((name) => !name.startsWith('{'));
  const names = rows.filter((name) => name.startsWith('{'));
  const used = new Set(
    [STOREFRONT, join(SERVICES, 'shop.json')].flatMap((file) => Object.keys(described(file))),
  );
  expect([...used].filter((key) => !keys.includes(key))).toEqual([]);
  for (const key of keys) expect(faultOf({ [key]: null })).toContain(`at ${key}`);
  expect(faultOf({ keys: null })).not.toContain('at keys');
  expect(names).toEqual(Object.keys(PLACEHOLDERS).map((name) => `{${name}}`));
  expect(section(text('README.md'), 'Testing a shop over HTTP')).toContain('harness/service/README.md');
});
