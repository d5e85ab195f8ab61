import { expect } from 'vitest';
import { registry } from '../../../strategies/registry.ts';
import {
  ALLOWED,
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
  type FlagRow,
  type FlagTable,
} from './table.ts';

const OPTIONS = [
  'arrivals',
  'slo',
  'inFlight',
  'trials',
  'baseline',
  'stock',
  'buyers',
  'workers',
  'seconds',
  'seed',
  'ceiling',
  'sellOutSeconds',
  'offer',
  'users',
  'perUserLimit',
];

/** A server without redis-benchmark beside it has no ceilings, which take most of the time. */
const QUICK = '--trials 1 --redis-server ./redis-server';
const FEW = `bench lua-decrement --buyers 100 ${QUICK} --json`;
const A_SECOND = `bench lua-decrement ${QUICK} --json`;
/** In an open loop, so that the figures count what came and not what could be served. */
const OPEN = `bench lua-decrement --rate 50 --arrivals constant ${QUICK} --json`;

const row = (figures: object): object => ({ strategies: [figures] });

/** A run of which the flag changes a figure. */
const changes = (
  typed: string,
  of: string,
  [before, after]: readonly [object, object],
  reaches?: FlagRow['reaches'],
): FlagRow => ({
  typed,
  ...(reaches && { reaches }),
  shows: { of, without: { document: before }, with: { document: after } },
});

/** A call that makes sense without the flag, and none with it. */
const refused = (typed: string, of: string): FlagRow => ({
  typed,
  shows: {
    of,
    without: { exitCode: 0 },
    with: { exitCode: 2, document: { error: { code: 'CONTRADICTION' } } },
  },
});

/** Strategies and a service are not given together, so none are given: all of them are measured then. */
const STRATEGIES = registry.map(({ strategy }) => strategy.name);
const OF_SERVICE = { service: 'a shop', strategies: [], trials: 1, ceiling: undefined };

export const BENCH: FlagTable = {
  plain: 'bench --seed 7',
  passed: [OPEN_TARGET],
  engine: [
    ['bench/session.js', 'bench'],
    ['bench/service-bench.js', 'benchService'],
  ],
  seen: ({ openTarget, bench, benchService }) => {
    const { strategies, file } = (bench ?? benchService)![0] as {
      strategies?: { strategy: { name: string } }[];
      file?: { name: string };
    };
    return {
      ...pick((bench ?? benchService)![0], OPTIONS),
      service: file?.name,
      strategies: (strategies ?? []).map(({ strategy }) => strategy.name),
      ...pick((openTarget ?? benchService)![0], [...SERVER, 'allowConnect']),
    };
  },
  defaults: {
    ...pick({}, OPTIONS),
    service: undefined,
    strategies: STRATEGIES,
    trials: 6,
    seed: 7,
    ceiling: 'all',
    allowConnect: undefined,
    ...ANY_SERVER,
  },
  flags: {
    '--mode': [
      refused('--mode open', FEW),
      refused('--mode closed', OPEN),
      { typed: '--mode closed', reaches: {} },
      {
        typed: '--mode open --rate 50',
        reaches: { arrivals: { profile: 'poisson', ratePerSecond: 50 } },
      },
    ],
    '--rate': [
      changes(
        '--rate 50',
        A_SECOND,
        [row({ mode: 'closed', arrivals: null }), row({ mode: 'open', arrivals: { ratePerSecond: 50 } })],
        { arrivals: { profile: 'poisson', ratePerSecond: 50 } },
      ),
    ],
    '--arrivals': [
      ...['constant', 'flash-sale'].map((profile) => ({
        typed: `--arrivals ${profile} --rate 50`,
        reaches: { arrivals: { profile, ratePerSecond: 50 } },
      })),
      changes('--arrivals poisson', OPEN, [
        row({ arrivals: { profile: 'constant' } }),
        row({ arrivals: { profile: 'poisson' } }),
      ]),
    ],
    '--slo': [
      changes(
        // No rate meets it, so the search ends as soon as it can.
        '--slo p99=1ms',
        `bench ./slow.mjs --in-flight 1 --workers 1 --seconds 1 ${QUICK} --json`,
        [{ sweeps: [] }, { sweeps: [{ target: { percentile: 'p99', ms: 1 }, highestRate: null }] }],
        { slo: { target: { percentile: 'p99', ms: 1 }, profile: 'poisson' } },
      ),
      {
        typed: '--slo p50=2.5ms --arrivals constant',
        reaches: { slo: { target: { percentile: 'p50', ms: 2.5 }, profile: 'constant' } },
      },
    ],
    '--in-flight': [
      changes('--in-flight 4', FEW, [row({ inFlight: 64 }), row({ inFlight: 4 })], { inFlight: 4 }),
    ],
    '--trials': [
      changes(
        '--trials 2',
        FEW,
        [
          { ...row({ trials: 1 }), control: null },
          { ...row({ trials: 2 }), control: { strategy: 'lua-decrement', trials: 2 } },
        ],
        { trials: 2 },
      ),
    ],
    '--baseline': [
      changes('--baseline lua-decrement', FEW.replace('bench', 'bench lua-reserve-once'), [
        { baseline: 'lua-reserve-once' },
        { baseline: 'lua-decrement' },
      ]),
      {
        typed: '--baseline lua-decrement lua-decrement lua-reserve-once',
        reaches: { baseline: 'lua-decrement', strategies: ['lua-decrement', 'lua-reserve-once'] },
      },
      refusedBy('--baseline lua-decrement', FEW),
      {
        // It is measured nowhere.
        typed: '--baseline needy',
        shows: {
          of: FEW.replace('bench', 'bench ./needy.mjs'),
          without: { exitCode: 0, document: { baseline: 'lua-decrement' } },
          with: { exitCode: 2, document: { error: { code: 'UNKNOWN_BASELINE' } } },
        },
      },
    ],
    '--stock': [
      changes(
        '--stock 5',
        FEW,
        [
          row({ refusalsPerSecond: { median: null } }),
          row({ refusalsPerSecond: { median: expect.any(Number) } }),
        ],
        { stock: 5 },
      ),
      { typed: '--stock 0', reaches: { stock: 0 } },
    ],
    '--buyers': [
      changes('--buyers 100', A_SECOND, [row({ ended: 'time-up' }), row({ ended: 'served' })], {
        buyers: 100,
      }),
    ],
    '--workers': [
      changes('--workers 1', FEW, [row({ connections: 2 }), row({ connections: 1 })], { workers: 1 }),
    ],
    '--seconds': [
      changes(
        '--seconds 2',
        OPEN,
        [
          row({ responseMs: { count: expect.toSatisfy((sales: number) => sales <= 50) } }),
          row({ responseMs: { count: expect.toSatisfy((sales: number) => sales > 50) } }),
        ],
        { seconds: 2 },
      ),
    ],
    '--seed': seedFlag(FEW.replace(' --json', ''), (seed) => ({ seed })),
    // What they change in a run: properties/bench/service-bench.test.ts.
    '--service': [{ typed: '--service shop.json', reaches: OF_SERVICE }],
    '--users': [{ typed: '--users 5 --service shop.json', reaches: { ...OF_SERVICE, users: 5 } }],
    '--per-user-limit': [
      { typed: '--per-user-limit 2 --service shop.json', reaches: { ...OF_SERVICE, perUserLimit: 2 } },
    ],
    '--history': [writesFile('--history', FEW, 'runs/<run>/lua-decrement.jsonl')],
    '--runs': runsFlag(FEW, 'result.json'),
    // What it lets happen: properties/wire/led.test.ts.
    '--allow-connect': [
      {
        typed: '--allow-connect 127.0.0.1:5432,/run/pg ./needy.mjs',
        reaches: { allowConnect: ALLOWED, strategies: ['needy'] },
      },
      refusedBy('--allow-connect 127.0.0.1:5432', FEW),
    ],
    '--bencher': [writesFile('--bencher figures.json', FEW, 'figures.json')],
    '--profile': [
      { typed: '--profile full', reaches: { sellOutSeconds: 2, offer: { profile: 'poisson' } } },
      refusedBy('--profile full', OPEN),
    ],
    ...answerFlags(FEW.replace(' --json', '')),
    ...SERVER_FLAGS,
  },
};
