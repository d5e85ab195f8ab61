import { answerFlags, ANY_SERVER, pick, SERVER, SERVER_FLAGS, type FlagTable } from './table.ts';

const OPENED = [
  'port',
  'host',
  'adminTokenFile',
  'data',
  'database',
  'prefix',
  'role',
  'consumers',
  'orders',
  'article',
  'staleMs',
  ...SERVER,
];
/** One that ends. */
const REFUSED = 'serve --strategy nothing';

export const SERVE: FlagTable = {
  plain: 'serve',
  engine: [['storefront/storefront.js', 'openStorefront']],
  seen: ({ openStorefront }) => {
    const { strategy, ...options } = openStorefront![0] as { strategy: { name: string } };
    return { ...pick(options, OPENED), strategy: strategy.name };
  },
  defaults: {
    strategy: 'lua-reserve-once',
    port: 8080,
    host: '127.0.0.1',
    data: 'oversell-shop',
    prefix: 'shop:',
    role: 'all',
    consumers: 1,
    orders: true,
    article: false,
    staleMs: 1_000,
    adminTokenFile: undefined,
    database: undefined,
    ...ANY_SERVER,
  },
  flags: {
    '--strategy': [{ typed: '--strategy lua-coalesced', reaches: { strategy: 'lua-coalesced' } }],
    '--port': [{ typed: '--port 0', reaches: { port: 0 } }],
    '--host': [{ typed: '--host ::1', reaches: { host: '::1' } }],
    '--admin-token-file': [{ typed: '--admin-token-file token', reaches: { adminTokenFile: 'token' } }],
    '--data': [{ typed: '--data elsewhere', reaches: { data: 'elsewhere' } }],
    '--database': [{ typed: '--database other.db', reaches: { database: 'other.db' } }],
    // On a private server it would do nothing, and is refused: properties/storefront/serve.test.ts.
    '--prefix': [
      {
        typed: '--prefix stall: --redis redis://127.0.0.1:1',
        reaches: { prefix: 'stall:', redis: 'redis://127.0.0.1:1' },
      },
    ],
    '--role': [{ typed: '--role web', reaches: { role: 'web' } }],
    '--consumers': [{ typed: '--consumers 3', reaches: { consumers: 3 } }],
    '--no-orders': [{ typed: '--no-orders', reaches: { orders: false } }],
    '--article': [{ typed: '--article', reaches: { article: true } }],
    '--stale-ms': [{ typed: '--stale-ms 0', reaches: { staleMs: 0 } }],
    ...answerFlags(REFUSED),
    ...SERVER_FLAGS,
  },
};
