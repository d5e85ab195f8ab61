import { expect } from 'vitest';
import type { Calls, Named, Run } from '../../helpers/workshop.ts';

/** What a flag is for: what of it reaches the engine, and a run that it changes. */
export interface FlagRow {
  /** The flag with its value, as it is typed. */
  typed: string;
  /** What reaches the engine otherwise than without the flag; the rest stays as it is. */
  reaches?: Readonly<Record<string, unknown>>;
  /** A run that comes out as `without` says, and as `with` says once the flag is added. */
  shows?: { of: string; without: Expected; with: Expected };
}

type Expected = { [K in keyof Run]?: unknown };

export interface FlagTable {
  /** A call without flags; where there is a seed to give, with `--seed 7`. */
  plain: string;
  /** What is called before the engine, and gets a server that nobody can use. */
  passed?: readonly Named[];
  engine?: readonly Named[];
  /** Of the arguments of these functions, what a flag decides. */
  seen?: (calls: Calls) => Record<string, unknown>;
  /** All that is seen of the plain call: the defaults. */
  defaults?: Readonly<Record<string, unknown>>;
  /** By the flag's long name. */
  flags: Readonly<Record<string, readonly FlagRow[]>>;
}

/** These keys of an object, also those that it lacks. */
export const pick = (from: unknown, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(keys.map((key) => [key, (from as Record<string, unknown>)[key]]));

export const OPEN_TARGET: Named = ['redis/open.js', 'openTarget'];
export const SERVER = ['redis', 'tlsCa', 'redisServer', 'redisVersion', 'patience'] as const;
/** Where nobody says which server. */
export const ANY_SERVER = {
  redis: undefined,
  tlsCa: undefined,
  redisServer: undefined,
  redisVersion: undefined,
  patience: undefined,
};

const REDIS = '--redis redis://127.0.0.1:1';
const TLS_CA = '--tls-ca ca.pem';
const REDIS_SERVER = '--redis-server ./redis-server';
const REDIS_VERSION = '--redis-version 6.2.1';
const PATIENCE = '--patience 9';

/** Which server is wanted reaches what opens it. */
export const SERVER_FLAGS: FlagTable['flags'] = {
  '--redis': [{ typed: REDIS, reaches: { redis: 'redis://127.0.0.1:1' } }],
  '--tls-ca': [
    {
      typed: `${TLS_CA} --redis rediss://127.0.0.1:1`,
      reaches: { redis: 'rediss://127.0.0.1:1', tlsCa: 'ca.pem' },
    },
  ],
  '--redis-server': [{ typed: REDIS_SERVER, reaches: { redisServer: './redis-server' } }],
  '--redis-version': [{ typed: REDIS_VERSION, reaches: { redisVersion: '6.2.1' } }],
  '--patience': [{ typed: PATIENCE, reaches: { patience: 9 } }],
};

/** What `--allow-connect 127.0.0.1:5432,/run/pg` says. */
export const ALLOWED = [{ host: '127.0.0.1', port: 5432 }, { path: '/run/pg' }];

/** The flag would do nothing, so it is refused. */
export const refusedBy = (typed: string, of: string): FlagRow => ({
  typed,
  shows: {
    of,
    without: { exitCode: 0 },
    with: {
      exitCode: 2,
      stderr: expect.stringContaining(`oversell: ${typed.split(' ')[0]} would do nothing`),
    },
  },
});

/** The same flags after a command that needs no server. */
export const noServerFlags = (of: string): FlagTable['flags'] => ({
  '--redis': [refusedBy(REDIS, of)],
  '--tls-ca': [refusedBy(TLS_CA, of)],
  '--redis-server': [refusedBy(REDIS_SERVER, of)],
  '--redis-version': [refusedBy(REDIS_VERSION, of)],
  '--patience': [refusedBy(PATIENCE, of)],
});

/** Under `--json` the answer is one document, and without it is text; `--version` is answered instead. */
export const answerFlags = (of: string): FlagTable['flags'] => ({
  '--json': [
    {
      typed: '--json',
      shows: { of, without: { document: null }, with: { document: expect.any(Object) } },
    },
  ],
  '--version': [
    {
      typed: '--version',
      shows: {
        of,
        without: { stdout: expect.not.stringMatching(/^\d+\.\d+\.\d+\n$/) },
        with: { exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) },
      },
    },
  ],
});

/** The seed reaches the engine, and from there the answer; without the flag it is another one each time. */
export const seedFlag = (of: string, where: (seed: unknown) => object): FlagRow[] => [
  {
    typed: '--seed 8',
    reaches: { seed: 8 },
    shows: {
      of: `${of} --json`,
      without: { document: where(expect.toSatisfy((seed: number) => seed !== 8)) },
      with: { document: where(8) },
    },
  },
];

/** The folder into which a file goes that the run writes. */
export const runsFlag = (of: string, file: string, reaches?: FlagRow['reaches']): FlagRow[] => [
  {
    typed: '--runs elsewhere',
    ...(reaches && { reaches }),
    shows: {
      of,
      without: { files: expect.arrayContaining([`runs/<run>/${file}`]) },
      with: { files: expect.arrayContaining([`elsewhere/<run>/${file}`]) },
    },
  },
];

/** A file that the run writes under this flag only. */
export const writesFile = (typed: string, of: string, file: string): FlagRow => ({
  typed,
  shows: {
    of,
    without: { files: expect.not.arrayContaining([file]) },
    with: { files: expect.arrayContaining([file]) },
  },
});

/** The command line with a flag, instead of the same flag with another value. */
export function added(typed: string, call: string): string {
  const [flag = ''] = typed.split(' ');
  return `${call.replace(new RegExp(` ${flag} [^-]\\S*`), '')} ${typed}`;
}
