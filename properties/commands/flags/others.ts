import { expect } from 'vitest';
import {
  ALLOWED,
  answerFlags,
  ANY_SERVER,
  noServerFlags,
  OPEN_TARGET,
  pick,
  runsFlag,
  seedFlag,
  SERVER,
  SERVER_FLAGS,
  writesFile,
  type FlagTable,
} from './table.ts';

const EVALUATED = ['strategies', 'profile', 'seed', 'discover', 'history', 'runs', 'allowConnect', ...SERVER];
/** Nothing is run of it, but everything is written down. */
const SKIPPED = 'evaluate ./needy.mjs';

export const EVALUATE: FlagTable = {
  plain: 'evaluate lua-decrement --seed 7',
  engine: [['evaluate/evaluate.js', 'evaluate']],
  seen: ({ evaluate }) => pick(evaluate![0], EVALUATED),
  defaults: {
    strategies: ['lua-decrement'],
    profile: 'quick',
    seed: 7,
    discover: false,
    history: false,
    runs: 'runs',
    allowConnect: undefined,
    ...ANY_SERVER,
  },
  flags: {
    '--profile': [
      {
        typed: '--profile full',
        reaches: { profile: 'full' },
        shows: {
          of: `${SKIPPED} --json`,
          without: { document: { profile: 'quick' } },
          with: { document: { profile: 'full' } },
        },
      },
    ],
    '--discover': [
      {
        typed: '--discover',
        reaches: { discover: true },
        shows: {
          of: `${SKIPPED} --json`,
          without: { document: expect.not.objectContaining({ discover: true }) },
          with: { document: { discover: true } },
        },
      },
    ],
    '--seed': seedFlag(SKIPPED, (seed) => ({ seed })),
    // The files themselves are seen in cli.test.ts, where a sale is sold anyway.
    '--history': [{ typed: '--history', reaches: { history: true } }],
    '--runs': runsFlag(SKIPPED, 'result.json', { runs: 'elsewhere' }),
    '--github-summary': [writesFile('--github-summary', SKIPPED, 'summary.md')],
    '--allow-connect': [
      {
        typed: '--allow-connect 127.0.0.1:5432,/run/pg ./needy.mjs',
        reaches: { allowConnect: ALLOWED, strategies: ['lua-decrement', './needy.mjs'] },
      },
    ],
    '--junit': [writesFile('--junit verdicts.xml', SKIPPED, 'verdicts.xml')],
    ...answerFlags(SKIPPED),
    ...SERVER_FLAGS,
  },
};

const REPLAY_IT = 'replay counterexample.json';

export const REPLAY: FlagTable = {
  plain: REPLAY_IT,
  passed: [OPEN_TARGET],
  engine: [['explorer/sockets/replay-schedule.js', 'replay']],
  seen: ({ openTarget, replay }) => ({
    ...pick(replay![0], ['strategy', 'property']),
    ...pick(openTarget![0], SERVER),
  }),
  defaults: { strategy: 'lua-decrement', property: 'stranded', ...ANY_SERVER },
  flags: { ...answerFlags(REPLAY_IT), ...SERVER_FLAGS },
};

export const DOCTOR: FlagTable = {
  plain: 'doctor',
  engine: [OPEN_TARGET, ['redis/find/find-server.js', 'findServer']],
  seen: ({ openTarget, findServer }) => pick((openTarget ?? findServer)![0], SERVER),
  defaults: ANY_SERVER,
  flags: {
    ...answerFlags('doctor'),
    ...SERVER_FLAGS,
    '--redis-server': [
      ...SERVER_FLAGS['--redis-server']!,
      {
        typed: '--redis-server ./redis-server',
        shows: {
          of: 'doctor --json',
          without: { document: { binary: expect.not.stringContaining('oversell-flags-') } },
          with: { document: { source: 'flag', binary: expect.stringContaining('oversell-flags-') } },
        },
      },
    ],
  },
};

export const CHECK: FlagTable = {
  plain: 'check history.jsonl',
  engine: [['checkers/judge.js', 'judge']],
  seen: ({ judge }) => pick(judge![1], ['timeoutMs']),
  // It begins with a short search, and goes on to a minute where a history needs it.
  defaults: { timeoutMs: 500 },
  flags: { ...answerFlags('check history.jsonl'), ...noServerFlags('check history.jsonl') },
};

export const REPORT: FlagTable = {
  plain: 'report base',
  flags: {
    '--github-summary': [writesFile('--github-summary', 'report base', 'summary.md')],
    ...answerFlags('report base'),
    ...noServerFlags('report base'),
  },
};

const SAME = 'compare base base';

export const COMPARE: FlagTable = {
  plain: SAME,
  flags: {
    '--different-environments': [
      {
        typed: '--different-environments',
        shows: {
          of: 'compare base elsewhere-measured --json',
          without: { exitCode: 2, document: { error: { code: 'DIFFERENT_ENVIRONMENTS' } } },
          with: { exitCode: 0, document: { differences: [expect.stringContaining('Redis 6.2.1')] } },
        },
      },
    ],
    ...answerFlags(SAME),
    ...noServerFlags(SAME),
  },
};

export const LIST: FlagTable = {
  plain: 'list',
  flags: { ...answerFlags('list'), ...noServerFlags('list') },
};
