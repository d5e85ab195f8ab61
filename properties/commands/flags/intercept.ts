import { expect } from 'vitest';
import { NO_FAULTS } from '../../../harness/documents/faults.ts';
import {
  answerFlags,
  ANY_SERVER,
  pick,
  runsFlag,
  SERVER,
  SERVER_FLAGS,
  writesFile,
  type FlagRow,
  type FlagTable,
} from './table.ts';

/** A service that needs no package, with nothing but one buyer. */
const SHOP = 'intercept decrement-shop.json --buyers 1 --stock 1 --seed 7';
const NOTHING = 'intercept nowhere.json';

const WORDS =
  "--start 'node shop.mjs' --open 'SET stock {stock}' --buy '/' --left 'GET stock' --sold 200 --sold-out 404";

/** What is said of a service, by flags alone, is refused beside a file; missing, it is asked for. */
const ofService = (typed: string): FlagRow => ({
  typed,
  shows: {
    of: NOTHING,
    without: { exitCode: 2, stderr: expect.not.stringContaining('both say what the service is') },
    with: { exitCode: 2, stderr: expect.stringContaining('both say what the service is') },
  },
});

export const INTERCEPT: FlagTable = {
  plain: 'intercept shop.json --seed 7',
  engine: [['intercept/explore-service.js', 'exploreService']],
  seen: ({ exploreService }) => {
    const options = exploreService![0] as { scope: object; file: { name: string } };
    const asked = ['property', 'maxStates', 'merging', 'processes', 'fresh'];
    return { ...options.scope, name: options.file.name, ...pick(options, [...asked, ...SERVER]) };
  },
  defaults: {
    name: 'a shop',
    buyers: 3,
    stock: 2,
    quantities: [1, 1, 1],
    users: 3,
    attempts: 3,
    instances: 3,
    client: 'default',
    faults: NO_FAULTS,
    releases: 0,
    restocks: 0,
    jobs: 0,
    seed: 7,
    property: undefined,
    maxStates: undefined,
    merging: true,
    processes: undefined,
    fresh: undefined,
    ...ANY_SERVER,
  },
  flags: {
    ...Object.fromEntries(
      (WORDS.match(/--\S+ (?:'[^']*'|\S+)/g) ?? []).map((typed) => [typed.split(' ')[0], [ofService(typed)]]),
    ),
    '--ready': [ofService('--ready /health')],
    '--header': [ofService('--header x-key:1')],
    '--body': [ofService('--body {}')],
    '--limit-reached': [ofService('--limit-reached 403')],
    '--busy': [ofService('--busy 503')],
    '--release': [ofService('--release /cancel')],
    '--ledger': [ofService('--ledger /orders')],
    '--init': [
      {
        typed: '--init shop-of-flags.json',
        shows: {
          of: `intercept ${WORDS.replace("'/'", "'GET /'").replace('shop.mjs', 'nowhere.mjs')}`,
          without: { exitCode: 4, files: expect.not.arrayContaining(['shop-of-flags.json']) },
          with: { exitCode: 0, files: expect.arrayContaining(['shop-of-flags.json']) },
        },
      },
    ],
    '--releases': [
      { typed: '--releases 1', reaches: { releases: 1 } },
      {
        typed: '--releases 2',
        shows: {
          of: SHOP,
          without: { exitCode: 0 },
          with: { exitCode: 2, stderr: expect.stringContaining('oversell: --releases: ') },
        },
      },
    ],
    '--http-port': [ofService('--http-port 5000')],
    '--redis-port': [ofService('--redis-port 6379')],
    '--cluster': [ofService('--cluster')],
    '--ignore': [ofService("--ignore '^GET session:'")],
    '--processes': [{ typed: '--processes 4', reaches: { processes: 4 } }],
    '--fresh': [{ typed: '--fresh', reaches: { fresh: true } }],
    '--buyers': [{ typed: '--buyers 2', reaches: { buyers: 2, users: 2, instances: 2, quantities: [1, 1] } }],
    '--stock': [{ typed: '--stock 1', reaches: { stock: 1 } }],
    '--quantities': [{ typed: '--quantities 2,1', reaches: { quantities: [2, 1, 2] } }],
    '--users': [{ typed: '--users 1', reaches: { users: 1 } }],
    '--per-user-limit': [{ typed: '--per-user-limit 1', reaches: { perUserLimit: 1 } }],
    '--instances': [{ typed: '--instances 1', reaches: { instances: 1 } }],
    '--faults': [
      { typed: '--faults crash=1', reaches: { faults: { ...NO_FAULTS, crash: 1 } } },
      {
        typed: '--faults timeout=1',
        shows: {
          of: SHOP,
          without: { exitCode: 0 },
          with: { exitCode: 2, stderr: expect.stringContaining('oversell: --faults timeout: ') },
        },
      },
    ],
    '--property': [{ typed: '--property oversell', reaches: { property: 'oversell' } }],
    '--max-states': [{ typed: '--max-states 3', reaches: { maxStates: 3 } }],
    '--no-merging': [{ typed: '--no-merging', reaches: { merging: false } }],
    '--junit': [writesFile('--junit verdicts.xml', SHOP, 'verdicts.xml')],
    '--allow-bounded': [
      {
        typed: '--allow-bounded',
        shows: { of: `${SHOP} --max-states 1`, without: { exitCode: 3 }, with: { exitCode: 0 } },
      },
    ],
    '--seed': [{ typed: '--seed 8', reaches: { seed: 8 } }],
    '--runs': runsFlag(`${SHOP} --faults crash=1`, 'decrement-shop-stranded.json'),
    ...answerFlags(SHOP),
    ...SERVER_FLAGS,
  },
};
