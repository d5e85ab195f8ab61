import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ServiceWords } from '../../harness/commands/intercept-flags.ts';
import { serviceOfFlags } from '../../harness/commands/service-of-flags.ts';
import { writeServiceFile } from '../../harness/commands/write-service-file.ts';
import { UsageError } from '../../harness/ground/errors.ts';
import { folderOfRun } from '../../harness/ground/temporary.ts';
import { readServiceFile } from '../../harness/service/service-file.ts';

const WORDS: ServiceWords = {
  start: `python3 -m flask --app 'my shop' run --port {port}`,
  open: ['SET stock {stock}', 'POST /products'],
  buy: 'POST /buy?token={request}',
  header: ['content-type: application/json'],
  body: '{"user":"{user}"}',
  left: 'GET stock',
  sold: '200,201',
  soldOut: '409',
  limitReached: '403',
  busy: '503',
  release: 'POST /cancel?token={request}',
  ledger: 'GET /orders orders=/all user=/buyer request=/token quantity=/units',
  httpPort: 5000,
  redisPort: 6379,
  cluster: true,
  ignore: '^GET session:',
};

const WANTED = {
  start: ['python3', '-m', 'flask', '--app', 'my shop', 'run', '--port', '{port}'],
  open: [{ redis: ['SET', 'stock', '{stock}'] }, { method: 'POST', path: '/products' }],
  buy: {
    method: 'POST',
    path: '/buy?token={request}',
    headers: { 'content-type': 'application/json' },
    body: '{"user":"{user}"}',
  },
  left: { ask: { redis: ['GET', 'stock'] } },
  answers: {
    sold: { status: [200, 201] },
    soldOut: { status: [409] },
    limitReached: { status: [403] },
    busy: { status: [503] },
  },
  release: { method: 'POST', path: '/cancel?token={request}' },
  ledger: {
    ask: { method: 'GET', path: '/orders' },
    orders: '/all',
    user: '/buyer',
    request: '/token',
    quantity: '/units',
  },
  ports: { http: 5000, redis: 6379 },
  cluster: true,
  ignore: '^GET session:',
};

const { httpPort: _http, redisPort: _redis, ...withoutPorts } = WORDS;

describe('a service that flags describe', () => {
  test('has all that they say', () => {
    expect(serviceOfFlags(WORDS, '/')).toMatchObject({ service: WANTED, folder: '/' });
  });

  test('has nothing that they do not say', () => {
    expect(serviceOfFlags(withoutPorts, '/').service).not.toHaveProperty('ports');
  });

  test('tells its buyers at /user where nothing else is said of the ledger, and may be a command', () => {
    const { service } = serviceOfFlags({ ...WORDS, ledger: 'GET orders' }, '/');
    expect(service.ledger).toEqual({ ask: { redis: ['GET', 'orders'] }, orders: '', user: '/user' });
  });

  test.each([
    ['--sold', { sold: 'yes' }],
    ['--buy', { buy: '/buy' }],
    ['this is no regular expression, at ignore', { ignore: '(' }],
    ['--release', { release: 'cancel it' }],
    ['--header', { header: ['nothing'] }],
    ['--start', { start: "node 'shop.mjs" }],
    ['ledger', { ledger: 'GET /orders user=buyer' }],
  ])('is refused by the name of what cannot be meant: %s', (named, otherwise) => {
    const asked = (): unknown => serviceOfFlags({ ...WORDS, ...otherwise }, '/');
    expect(asked).toThrow(UsageError);
    expect(asked).toThrow(named);
  });

  test('is the same in the file that --init writes, which overwrites none', async () => {
    const folder = folderOfRun('oversell-test-');
    try {
      const path = join(folder.path, 'shop.json');
      writeServiceFile(path, WORDS);
      const { service } = readServiceFile(path);
      const { cwd, ...rest } = service;
      expect(join(folder.path, cwd!)).toBe(process.cwd());
      expect(rest).toEqual(serviceOfFlags(WORDS, '/').service);
      const before = readFileSync(path, 'utf8');
      expect(() => writeServiceFile(path, withoutPorts)).toThrow('is there already');
      expect(readFileSync(path, 'utf8')).toBe(before);
    } finally {
      await folder.remove();
    }
  });
});
