import type { Environment, Strategy } from '../../strategies/contract.ts';
import type { Faults } from './faults.ts';
import { NONSENSES } from './nonsense.ts';
import type { SampledScope } from './result.ts';
import type { Scope } from './scope.ts';

/**
 * The one table of environments: under which circumstances a strategy is judged. What is explored, what is sold large,
 * what a profile runs and which cells the matrix has are derived from it. Adding an environment means its name in the
 * contract's `ENVIRONMENTS` and a row here; its cells are then declared by the strategies.
 */

/** What a scope adds to three buyers on three instances, two units, quantity 1, three attempts and no faults. */
export type Addition = Partial<Omit<Scope, 'faults'>> & {
  faults?: Partial<Faults>;
  /** Only for strategies that use their connections in this way. */
  only?: Strategy['connection'];
  /** Only for strategies that work in the background. */
  works?: true;
  /** Only for strategies of which nobody confirms: with confirms it is too much to explore. */
  atOnce?: true;
};

/** What environments have in common, with what stands over their columns, in the order in which tables have them. */
export const GROUPS = {
  calm: 'nothing fails',
  faults: 'the client’s side fails',
  server: 'the server forgets, or time passes',
  topologies: 'several nodes',
} as const;
export type Group = keyof typeof GROUPS;

interface Row {
  /** What happens in it, as a clause. */
  summary: string;
  group: Group;
  /** `npm start` runs it, too. */
  quick?: true;
  /** Strategies that lack this cannot run it. */
  needs?: 'several-units' | 'release' | 'release or restock';
  /** Small sales, of which every interleaving is run; it holds where it holds in all of them. Empty: not explored. */
  scopes: readonly Addition[];
  /** Further ones, for strategies that keep a limit per user. */
  limited?: readonly Addition[];
  /** Further ones, for strategies of which buyers confirm. */
  confirmed?: readonly Addition[];
  /** A large sale, under real concurrency. */
  sale?: LargeSale;
}

export interface LargeSale {
  scope: SampledScope;
  /** Added where the strategy keeps a limit per user. */
  limit?: { users: number; perUserLimit: number };
}

/** Far more buyers than units, so that they meet at the end of the stock, where the mistakes are. */
const CROWD = { buyers: 1_000, instances: 2, inFlight: 64, stock: 100 };

const ROWS = {
  calm: {
    summary: 'nothing fails, and everybody buys one unit',
    group: 'calm',
    quick: true,
    // Three buyers, one of whom is refused; two of whom are; and two of one process, its connection and its memory.
    scopes: [
      {},
      { stock: 1 },
      { only: 'shared', buyers: 2, stock: 1, instances: 1 },
      // Background work is done twice: by two processes that do nothing else, or by any.
      { works: true, buyers: 2, stock: 1, jobs: 2, offices: 2 },
      { works: true, buyers: 2, stock: 1, jobs: 2, workers: 'everywhere' },
    ],
    // Both confirm, one of them twice, and what the other holds may have run out.
    confirmed: [{ buyers: 2 }, { buyers: 2, stock: 1 }],
    sale: { scope: { ...CROWD, quantities: [1] } },
  },
  'several-units': {
    summary: 'purchases take 2, 1, 2 units',
    group: 'calm',
    quick: true,
    needs: 'several-units',
    // Three buyers, who cannot all have what they want; one user who buys twice; and two of one process.
    scopes: [
      { stock: 3, quantities: [2, 1, 2] },
      { buyers: 2, stock: 3, quantities: [2, 1], users: 1 },
      { only: 'shared', buyers: 2, quantities: [2, 1], instances: 1 },
    ],
    limited: [
      // Enough for all. The first buyer and the third are one user, who may have one of the two; the second is another.
      { stock: 5, quantities: [2, 1, 2], users: 2, perUserLimit: 2 },
      // Enough for all. They are one user, who may have two of the three, in one of two ways.
      { stock: 5, quantities: [2, 1, 2], users: 1, perUserLimit: 3 },
      // Not even enough for two.
      { stock: 2, quantities: [2, 1, 2], users: 1, perUserLimit: 3 },
    ],
    sale: {
      scope: { ...CROWD, quantities: [2, 1, 2] },
      limit: { users: 100, perUserLimit: 3 },
    },
  },
  'release-restock': {
    summary: 'sold units are given back, and units are put on sale meanwhile',
    group: 'calm',
    needs: 'release or restock',
    scopes: [
      { releases: 1, restocks: 1 },
      // Two are refused for one unit, and the second of them after it was given back.
      { stock: 1, releases: 1 },
      // A process that was told "sold out" is asked again, after what another one sold has been given back.
      { only: 'shared', stock: 1, instances: 2, releases: 1 },
    ],
    // Enough for two. One user may have the third purchase once the others were given back, or are not had at all.
    limited: [{ stock: 3, quantities: [1, 1, 2], users: 1, perUserLimit: 2, releases: 1 }],
  },
  cancel: {
    summary: 'a buyer cancels while the purchase runs, or twice',
    group: 'calm',
    needs: 'release',
    // While it runs; once more; while units are put on sale; and of two who share a process, its connection and its memory.
    scopes: [
      { buyers: 2, stock: 1, faults: { cancel: 1 } },
      { buyers: 2, stock: 1, releases: 1, faults: { cancel: 1 } },
      { buyers: 2, stock: 1, restocks: 1, faults: { cancel: 1 } },
      { only: 'shared', buyers: 2, stock: 1, instances: 1, faults: { cancel: 1 } },
    ],
    // What was never bought was never counted against the limit.
    limited: [{ buyers: 1, users: 1, perUserLimit: 1, faults: { cancel: 1 } }],
  },
  'buyer-crash': {
    summary: 'one process dies at any moment',
    group: 'faults',
    quick: true,
    scopes: [{ faults: { crash: 1 } }],
    // What the dead process counted against the limit of its user, who comes a second time.
    limited: [{ buyers: 2, users: 1, perUserLimit: 2, faults: { crash: 1 } }],
  },
  'lost-reply': {
    summary: 'one connection breaks, and the client sends again by itself',
    group: 'faults',
    quick: true,
    // A reply; or, as nobody can tell them apart, the command, which may also be late.
    scopes: [
      { faults: { 'lost-reply': 1 } },
      { buyers: 1, faults: { 'lost-request': 1 } },
      { buyers: 1, faults: { 'late-request': 1 } },
    ],
    // What is sent twice counts once: the user's second purchase is within the limit.
    limited: [{ buyers: 2, users: 1, perUserLimit: 2, faults: { 'lost-reply': 1 } }],
  },
  timeout: {
    summary: 'the client gives up a command, which has run or runs later',
    group: 'faults',
    // Of a process of its own, and of one that serves another buyer over the same connection.
    scopes: [
      { faults: { timeout: 1 } },
      { only: 'shared', buyers: 2, stock: 1, instances: 1, attempts: 2, faults: { timeout: 1 } },
    ],
  },
  retry: {
    summary: 'a buyer without an answer asks again with the same requestId',
    group: 'faults',
    // On a new process or on the old one, also when all that can expire has expired.
    scopes: [
      { faults: { crash: 1, retry: 1 } },
      { faults: { 'lost-reply': 1, retry: 1 }, client: 'no-retry' },
      { buyers: 1, faults: { 'lost-reply': 1, retry: 1, expire: 1 }, client: 'no-retry' },
    ],
  },
  'script-flush': {
    summary: 'the server forgets its scripts',
    group: 'server',
    scopes: [{ faults: { 'script-flush': 1 } }],
  },
  expiry: { summary: 'a key that has a TTL expires', group: 'server', scopes: [{ faults: { expire: 1 } }] },
  slow: {
    summary: 'time passes to any deadline, or by an hour, while purchases are under way',
    group: 'server',
    scopes: [{ faults: { slow: 1 } }],
  },
  eviction: { summary: 'the server evicts a key', group: 'server', scopes: [{ faults: { evict: 1 } }] },
  'hostile-input': {
    summary: 'a request makes no sense, or comes twice at once',
    group: 'calm',
    // One buyer whose request makes no sense beside one whose does; and two, one of whom asks twice at once.
    scopes: [
      ...NONSENSES.map((nonsense): Addition => ({ buyers: 2, nonsense })),
      { only: 'exclusive', buyers: 2, faults: { repeat: 1 } },
      { only: 'shared', buyers: 2, instances: 1, attempts: 2, faults: { repeat: 1 } },
    ],
  },
  restart: {
    summary: 'the server restarts with its data',
    group: 'server',
    // It breaks every connection at once, which leaves a great many ways to come back.
    scopes: [{ buyers: 2, stock: 1, faults: { restart: 1 } }],
  },
  'restart-without-aof': {
    summary: 'the server restarts empty',
    group: 'server',
    scopes: [{ buyers: 2, stock: 1, faults: { 'restart-without-aof': 1 } }],
  },
  failover: {
    summary: 'a replica takes over, after one or both may have stopped following',
    group: 'topologies',
    // Also when a reply was lost before: what is sent again may find its sale, and write nothing that could be waited for.
    scopes: [
      { atOnce: true, buyers: 2, stock: 1, faults: { failover: 1 } },
      { buyers: 1, stock: 1, faults: { failover: 1, 'lost-reply': 1 } },
    ],
  },
  resharding: { summary: 'a slot moves to another node', group: 'topologies', scopes: [] },
} as const satisfies Record<Environment, Row>;

const TABLE: Readonly<Record<Environment, Row>> = ROWS;

/** Environments that are explored; the others need several servers. */
export type ExploredEnvironment = {
  [E in Environment]: (typeof ROWS)[E]['scopes'] extends readonly [] ? never : E;
}[Environment];

const named = (holds: (row: Row) => boolean): Environment[] =>
  (Object.keys(TABLE) as Environment[]).filter((environment) => holds(TABLE[environment]));

export const EXPLORED = named(({ scopes }) => scopes.length > 0) as readonly ExploredEnvironment[];
/** Those of EXPLORED that the quick profile runs. */
export const QUICK = named(({ quick }) => quick === true) as readonly ExploredEnvironment[];
/** Those of which a large sale is recorded. */
export const SAMPLED = named(({ sale }) => sale !== undefined);

/** As the columns of a table: by group, and within one as the contract has them. */
export const BY_GROUP = (Object.keys(GROUPS) as Group[]).flatMap((group) =>
  named((row) => row.group === group),
);

/** In which figures are measured. */
export const MEASURED = 'calm' satisfies Environment;

export const environmentRow = (environment: Environment): Row => TABLE[environment];
