import { expect } from 'vitest';
import { FAULTS, NO_FAULTS, type Faults } from '../../../harness/documents/faults.ts';
import { CLIENT_MODES } from '../../../harness/documents/vocabulary.ts';
import { LUA_FLAGS } from './lua.ts';
import { changes, FAILS, NO_EXTRAS, refused, REQUEST_FLAGS, verdictOf } from './explore-requests.ts';
import {
  answerFlags,
  ANY_SERVER,
  OPEN_TARGET,
  pick,
  refusedBy,
  runsFlag,
  seedFlag,
  SERVER,
  SERVER_FLAGS,
  writesFile,
  type FlagTable,
} from './table.ts';

const OPTIONS = ['path', 'properties', 'maxStates', 'merging', 'unreduced'];

/** The race of two buyers for one unit, which read-then-write loses. */
const RACE = 'explore read-then-write --buyers 2 --stock 1';
/** Seven states, without a fault. */
const SOUND = 'explore lua-decrement --buyers 2 --stock 1 --json';
/** Two orders, over real sockets. */
const UNREDUCED = 'explore lua-decrement --buyers 1 --no-reduction';
/** A reply is lost, and the client sends again what was executed. */
const CUT = 'explore lua-decrement --buyers 1 --faults lost-reply=1 --json';

const budgets = (given: Partial<Faults>): { faults: Faults } => ({ faults: { ...NO_FAULTS, ...given } });

export const EXPLORE: FlagTable = {
  plain: 'explore lua-decrement --seed 7',
  passed: [OPEN_TARGET],
  engine: [['explorer/explore.js', 'explore']],
  seen: ({ openTarget, explore }) => {
    const options = explore![0] as { scope: object };
    return { ...options.scope, ...pick(options, OPTIONS), ...pick(openTarget![0], SERVER) };
  },
  defaults: {
    buyers: 3,
    stock: 2,
    quantities: [1, 1, 1],
    users: 3,
    perUserLimit: undefined,
    attempts: 3,
    instances: 3,
    client: 'default',
    faults: NO_FAULTS,
    releases: 0,
    restocks: 0,
    jobs: 0,
    offices: undefined,
    workers: undefined,
    confirms: undefined,
    seed: 7,
    ...pick({}, OPTIONS),
    merging: true,
    unreduced: false,
    ...ANY_SERVER,
  },
  flags: {
    ...LUA_FLAGS,
    '--buyers': [
      ...refused('--buyers 0', '--buyers 13', '--buyers x'),
      changes(
        '--buyers 1',
        'explore read-then-write --stock 1',
        { property: 'oversell', verdicts: ['violated', 'holds'] },
        {
          buyers: 1,
          users: 1,
          instances: 1,
          quantities: [1],
        },
      ),
    ],
    '--stock': [
      ...refused('--stock 1001'),
      changes(
        '--stock 1',
        'explore read-then-write --buyers 2',
        { property: 'oversell', verdicts: FAILS },
        { stock: 1 },
      ),
      { typed: '--stock 0', reaches: { stock: 0 } },
    ],
    '--quantities': [
      // Of one buyer.
      ...refused('--quantities 1,0', '--quantities 1,,2', '--quantities 1,1'),
      changes(
        '--quantities 2,1',
        'explore decrement-then-check --stock 3',
        { property: 'false-refusal', verdicts: FAILS },
        {
          quantities: [2, 1, 2],
        },
      ),
    ],
    '--users': [
      ...refused('--users 2'),
      changes(
        '--users 1',
        'explore ./careless.mjs --buyers 2 --per-user-limit 1',
        { property: 'user-limit', verdicts: FAILS },
        {
          users: 1,
        },
      ),
    ],
    '--per-user-limit': [
      ...refused('--per-user-limit 0'),
      changes(
        '--per-user-limit 1',
        'explore ./careless.mjs --buyers 2 --users 1',
        { property: 'user-limit', verdicts: ['n/a', 'violated'] },
        {
          perUserLimit: 1,
        },
      ),
    ],
    '--attempts': [
      ...refused('--attempts 0', '--attempts 101'),
      changes(
        '--attempts 1',
        'explore watch-retry --buyers 2',
        { property: 'progress', verdicts: FAILS },
        { attempts: 1 },
      ),
    ],
    '--instances': [
      ...refused('--instances 2'),
      changes(
        '--instances 1',
        'explore watch-shared-connection --buyers 2 --stock 1',
        { property: 'oversell', verdicts: FAILS },
        {
          instances: 1,
        },
      ),
    ],
    '--client': [
      ...refused('--client other'),
      ...CLIENT_MODES.map((mode) => refusedBy(`--client ${mode}`, 'explore lua-decrement --buyers 1')),
      refusedBy('--client no-retry', 'explore lua-reserve-once --buyers 1 --faults crash=1,lost-reply=0'),
      ...CLIENT_MODES.map((client) => ({
        typed: `--client ${client} --faults restart=1`,
        reaches: { client, ...budgets({ restart: 1 }) },
      })),
      {
        typed: '--client no-resend',
        shows: {
          of: CUT,
          without: { document: verdictOf('double-sale', 'violated') },
          with: { document: verdictOf('double-sale', 'holds') },
        },
      },
      {
        typed: '--client no-retry',
        // What is not sent again ends for good, and its buyer does not know.
        shows: {
          of: CUT,
          without: { document: verdictOf('double-sale', 'violated') },
          with: { document: verdictOf('stranded', 'violated') },
        },
      },
    ],
    '--faults': [
      {
        typed: '--faults cancel=1',
        shows: {
          of: NO_EXTRAS,
          without: { exitCode: 0 },
          with: {
            exitCode: 2,
            stderr: expect.stringContaining('oversell: --faults cancel would do nothing'),
          },
        },
      },
      ...refused('--faults other=1', '--faults crash=4', '--faults crash=1,crash=0'),
      ...FAULTS.map((fault) => ({ typed: `--faults ${fault}=1`, reaches: budgets({ [fault]: 1 }) })),
      { typed: '--faults lost-reply', reaches: budgets({ 'lost-reply': 1 }) },
      { typed: '--faults crash=3,retry=2', reaches: budgets({ crash: 3, retry: 2 }) },
      changes('--faults crash=1', 'explore lua-decrement --buyers 1', {
        property: 'stranded',
        verdicts: FAILS,
      }),
      changes('--faults lost-reply=1', 'explore lua-decrement --buyers 1', {
        property: 'double-sale',
        verdicts: FAILS,
      }),
    ],
    '--releases': [
      ...refused('--releases 4'),
      refusedBy('--releases 1', NO_EXTRAS),
      changes(
        '--releases 1',
        'explore decrement-then-reset --buyers 2 --stock 1',
        { property: 'stranded', verdicts: FAILS },
        {
          releases: 1,
        },
      ),
    ],
    '--restocks': [
      ...refused('--restocks 4'),
      refusedBy('--restocks 1', NO_EXTRAS),
      changes(
        '--restocks 1',
        'explore decrement-then-reset --buyers 2 --stock 1',
        { property: 'stranded', verdicts: FAILS },
        {
          restocks: 1,
        },
      ),
    ],
    ...REQUEST_FLAGS,
    '--property': [
      ...refused('--property other'),
      refusedBy('--property stranded', UNREDUCED),
      changes(
        '--property stranded',
        RACE,
        { property: 'oversell', verdicts: ['violated', 'inconclusive'] },
        {
          properties: ['stranded'],
        },
      ),
    ],
    '--max-states': [
      ...refused('--max-states 0'),
      {
        typed: '--max-states 3',
        reaches: { maxStates: 3 },
        shows: {
          of: SOUND,
          without: { exitCode: 0, document: { coverage: 'exhausted' } },
          with: { exitCode: 3, document: { coverage: 'sampled' } },
        },
      },
    ],
    '--no-merging': [
      refusedBy('--no-merging', UNREDUCED),
      {
        typed: '--no-merging',
        reaches: { merging: false },
        shows: {
          of: SOUND,
          without: { document: { reductions: { merging: true } } },
          with: { document: { reductions: { merging: false } } },
        },
      },
    ],
    '--no-reduction': [
      {
        typed: '--no-reduction',
        reaches: { unreduced: true },
        shows: {
          of: 'explore read-then-write --buyers 1 --json',
          without: { document: { reductions: { fuse: true } } },
          with: { document: { reductions: { fuse: false }, audit: { replayed: 0 } } },
        },
      },
    ],
    '--emit-test': [
      refusedBy('--emit-test sell.test.ts', UNREDUCED),
      {
        typed: '--emit-test sell.test.ts',
        shows: {
          of: 'explore lua-decrement --buyers 1',
          without: { stderr: expect.not.stringContaining('no counterexample') },
          with: { exitCode: 0, stderr: expect.stringContaining('no counterexample') },
        },
      },
      writesFile('--emit-test sell.test.ts', RACE, 'sell.test.ts'),
    ],
    '--junit': [writesFile('--junit verdicts.xml', RACE, 'verdicts.xml')],
    '--allow-bounded': [
      {
        typed: '--allow-bounded',
        shows: { of: `${SOUND} --max-states 3`, without: { exitCode: 3 }, with: { exitCode: 0 } },
      },
      {
        // Not what is violated, however little was covered.
        typed: '--allow-bounded --max-states 3',
        shows: {
          of: `${RACE} --json`,
          without: { document: { coverage: 'exhausted' } },
          with: { exitCode: 1, document: { verdict: 'violated', coverage: 'sampled' } },
        },
      },
    ],
    '--seed': seedFlag('explore lua-decrement --buyers 1', (seed) => ({ scope: { seed } })),
    '--runs': [refusedBy('--runs elsewhere', UNREDUCED), ...runsFlag(RACE, 'read-then-write-oversell.json')],
    ...answerFlags('explore lua-decrement --buyers 1'),
    ...SERVER_FLAGS,
  },
};
