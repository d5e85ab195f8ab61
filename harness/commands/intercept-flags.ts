import { Option } from 'commander';
import type { Property } from '../../strategies/contract.ts';
import type { TargetOptions } from '../redis/open.ts';
import { whole } from '../terminal/options.ts';
import { exploreOptions } from './explore-flags.ts';
import { luaOptions } from './lua-flags.ts';

/** What of a service is said by flags, where no file says it. */
export interface ServiceWords {
  start?: string;
  ready?: string;
  open?: string[];
  buy?: string;
  header?: string[];
  body?: string;
  left?: string;
  sold?: string;
  soldOut?: string;
  limitReached?: string;
  busy?: string;
  release?: string;
  ledger?: string;
  httpPort?: number;
  redisPort?: number;
  cluster?: true;
  ignore?: string;
}

/** What `intercept` is typed with. */
export interface InterceptFlags extends TargetOptions, ServiceWords {
  buyers: number;
  stock: number;
  quantities: string;
  users?: number;
  perUserLimit?: number;
  instances?: number;
  faults: string;
  releases: number;
  init?: string;
  property?: Property;
  maxStates?: number;
  merging: boolean;
  allowBounded?: true;
  junit?: string;
  seed?: number;
  runs: string;
  processes?: number;
  fresh?: true;
}

/** Those of `explore` that say how modules are driven, or ask for what a service is not asked for. */
const NOT_HERE = [
  ...luaOptions.map(({ long }) => long!),
  '--attempts',
  '--client',
  '--restocks',
  '--jobs',
  '--confirms',
  '--offices',
  '--workers',
  '--no-reduction',
  '--emit-test',
];

/** More would not fit into the memory of a small machine. */
const MOST_PROCESSES = 64;

const several = (flags: string, text: string): Option =>
  new Option(flags, `${text}; may be given several times`).argParser(
    (word: string, before: string[] | undefined) => [...(before ?? []), word],
  );

const statuses = (flags: string, meaning: string): Option =>
  new Option(flags, `the HTTP statuses that mean: ${meaning}, as 200 or 200,201`);

const MOST_PORT = 65_535;

export const serviceOptions: readonly Option[] = [
  new Option(
    '--start <command>',
    'start the service; {port} and {redis_port} are filled in, no shell reads it',
  ),
  new Option(
    '--ready <path>',
    'it is ready when it answers this path by 200 (default: when its port takes connections)',
  ),
  several(
    '--open <step>',
    'put the product on sale: a command of Redis, as SET stock {stock}, or a request, as POST /products',
  ),
  new Option(
    '--buy <request>',
    "a buyer's request, as POST /buy?token={request}; {user} and {quantity} are filled in, too",
  ),
  several('--header <line>', 'a header of that request, as content-type: application/json'),
  new Option('--body <text>', 'the body of that request'),
  new Option('--left <step>', 'ask how many units are left: a command of Redis, as GET stock, or a request'),
  statuses('--sold <statuses>', 'sold'),
  statuses('--sold-out <statuses>', 'nothing is left'),
  statuses('--limit-reached <statuses>', 'this user has all that they may have'),
  statuses('--busy <statuses>', 'surely nothing was sold, come again'),
  new Option('--release <request>', 'by which a buyer gives it back, as POST /cancel?token={request}'),
  new Option(
    '--ledger <step>',
    'ask who holds units, a JSON list, and where each line has what: GET /orders user=/buyer request=/token quantity=/units',
  ),
  whole(
    '--http-port <n>',
    'the port is written into its code: each process gets a network of its own',
    1,
    MOST_PORT,
  ),
  whole('--redis-port <n>', 'so is the port at which it looks for Redis, as 6379', 1, MOST_PORT),
  new Option(
    '--cluster',
    'its client of a cluster asks INFO first whether it has found one, as that of redis-py does, and is told so; others need no flag',
  ),
  new Option(
    '--ignore <regex>',
    "commands of a session, a rate limit or a poller, which run at once and are not explored: those that match as written in one line, as '^(GET|SETEX) session:'; refused where one of the sale touches a key of theirs",
  ),
];

export const interceptOptions: readonly Option[] = [
  ...serviceOptions,
  whole('--processes <n>', 'processes of the service at the same time (default: enough)', 1, MOST_PROCESSES),
  new Option(
    '--init <file>',
    'write the service that the flags describe into a new file, and explore nothing',
  ),
  new Option('--fresh', 'give each history a process of its own from the beginning; this is slow'),
  ...exploreOptions.filter(({ long }) => !NOT_HERE.includes(long!)),
];
