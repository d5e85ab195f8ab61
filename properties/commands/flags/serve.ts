import {
  answerFlags,
  ANY_SERVER,
  pick,
  SERVER,
  SERVER_FLAGS,
  type FlagRow,
  type FlagTable,
} from './table.ts';

const OPENED = [
  'port',
  'host',
  'adminTokenFile',
  'data',
  'database',
  'prefix',
  'role',
  'consumers',
  'claimIdleMs',
  'orders',
  'article',
  'staleMs',
  'commandTimeoutMs',
  ...SERVER,
];
/** One that ends. */
const REFUSED = 'serve --strategy nothing';
const BORROWED = '--redis redis://127.0.0.1:1';

/** The flag would do nothing beside these, and that is what the call is refused for. */
const ignored = (typed: string, ...beside: readonly string[]): FlagRow[] =>
  beside.map((flags) => ({
    typed,
    shows: {
      of: `${REFUSED} ${flags} --json`,
      without: { document: { error: { code: 'UNKNOWN_STRATEGY' } } },
      with: { exitCode: 2, document: { error: { code: 'IGNORED_FLAG' } } },
    },
  }));
const ofWeb = (typed: string): FlagRow[] => ignored(typed, `--role consumer ${BORROWED}`);

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
    claimIdleMs: 5_000,
    orders: true,
    article: false,
    staleMs: 1_000,
    commandTimeoutMs: 3_000,
    adminTokenFile: undefined,
    database: undefined,
    ...ANY_SERVER,
  },
  flags: {
    '--strategy': [{ typed: '--strategy lua-coalesced', reaches: { strategy: 'lua-coalesced' } }],
    '--port': [
      { typed: '--port 0', reaches: { port: 0 } },
      { typed: '--port 65535', reaches: { port: 65_535 } },
      ...ofWeb('--port 8080'),
    ],
    '--host': [{ typed: '--host ::1', reaches: { host: '::1' } }, ...ofWeb('--host ::1')],
    '--admin-token-file': [
      { typed: '--admin-token-file token', reaches: { adminTokenFile: 'token' } },
      ...ofWeb('--admin-token-file token'),
    ],
    '--data': [
      { typed: '--data elsewhere', reaches: { data: 'elsewhere' } },
      ...ignored('--data elsewhere', `${BORROWED} --database orders.db`),
    ],
    '--database': [{ typed: '--database other.db', reaches: { database: 'other.db' } }],
    '--prefix': [
      ...ignored('--prefix stall:', ''),
      {
        typed: '--prefix stall: --redis redis://127.0.0.1:1',
        reaches: { prefix: 'stall:', redis: 'redis://127.0.0.1:1' },
      },
    ],
    '--role': [{ typed: '--role web', reaches: { role: 'web' } }],
    '--consumers': [
      { typed: '--consumers 3', reaches: { consumers: 3 } },
      ...ignored('--consumers 3', '--no-orders', `--role web ${BORROWED}`),
    ],
    '--claim-idle-ms': [
      { typed: '--claim-idle-ms 100', reaches: { claimIdleMs: 100 } },
      ...ignored('--claim-idle-ms 100', '--no-orders', `--role web ${BORROWED}`),
    ],
    '--no-orders': [{ typed: '--no-orders', reaches: { orders: false } }],
    '--article': [{ typed: '--article', reaches: { article: true } }, ...ofWeb('--article')],
    '--stale-ms': [{ typed: '--stale-ms 0', reaches: { staleMs: 0 } }, ...ofWeb('--stale-ms 0')],
    '--command-timeout-ms': [
      { typed: '--command-timeout-ms 0', reaches: { commandTimeoutMs: 0 } },
      ...ofWeb('--command-timeout-ms 0'),
    ],
    ...answerFlags(REFUSED),
    ...SERVER_FLAGS,
    '--patience': [
      ...ignored('--patience 9', ''),
      {
        typed: '--patience 9 --redis redis://127.0.0.1:1',
        reaches: { patience: 9, redis: 'redis://127.0.0.1:1' },
      },
    ],
    '--redis-server': [
      ...SERVER_FLAGS['--redis-server']!,
      ...ignored('--redis-server ./redis-server', BORROWED),
    ],
    '--redis-version': [...SERVER_FLAGS['--redis-version']!, ...ignored('--redis-version 6.2.1', BORROWED)],
  },
};
