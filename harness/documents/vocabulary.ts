import type { Guarantee } from '../../strategies/contract.ts';

/**
 * The words that documents choose from: schemas, engines, flags and reports all take them from here. Nothing of zod
 * is in this file, because `--help` and `check` load it and would otherwise take half as long again to start.
 */

/** `inconclusive` never passes. `n/a`: the property says nothing about this sale (no limit, no ledger). */
export const VERDICTS = ['holds', 'violated', 'inconclusive', 'n/a'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Why there is no verdict, wherever one could stand: the same words in documents, on screen and in reports. */
export const NO_VERDICTS = {
  'n/a': 'the property says nothing about this sale: it has no limit, or no ledger',
  'not supported': 'the strategy does not offer what happens there, or the server lacks what it needs',
  'not run': 'this run left it out',
  unverified: 'no run of this version can show it',
} as const;
export type NoVerdict = keyof typeof NO_VERDICTS;

/** What all properties come to together. */
export const OVERALL_VERDICTS = ['holds', 'violated', 'inconclusive'] as const;
export type OverallVerdict = (typeof OVERALL_VERDICTS)[number];

/** How a command ends whose answer has that verdict. */
export const VERDICT_EXIT_CODES = { holds: 0, violated: 1, inconclusive: 3 } as const satisfies Record<
  OverallVerdict,
  number
>;

/** `exhausted`: all interleavings of the scope. `bounded`: a limit came first. `sampled`: chance took part. */
export const COVERAGES = ['exhausted', 'bounded', 'sampled'] as const;
export type Coverage = (typeof COVERAGES)[number];

/** What a strategy declares of a property in an environment. */
export const GUARANTEES = ['holds', 'breaks', 'n/a'] as const satisfies readonly Guarantee[];

/** What one operation does. */
export const OPS = ['purchase', 'release', 'restock', 'confirm'] as const;
export type Op = (typeof OPS)[number];

/**
 * How an operation ended. `already-yours`: the user holds units, by this request or another. `done`: a release, restock
 * or confirm that was acknowledged. `rejected`: a DefiniteError, surely without effect; of a confirm, too late.
 * `unknown`: timeout, lost connection, crash or any other throw; it may have taken effect, also later than its completion.
 */
export const OUTCOMES = [
  'sold',
  'sold-out',
  'limit-reached',
  'already-yours',
  'gave-up',
  'done',
  'rejected',
  'unknown',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const ENDINGS: Record<Op, readonly Outcome[]> = {
  purchase: ['sold', 'sold-out', 'limit-reached', 'already-yours', 'gave-up', 'rejected', 'unknown'],
  release: ['done', 'rejected', 'unknown'],
  restock: ['done', 'rejected', 'unknown'],
  confirm: ['done', 'rejected', 'unknown'],
};

/** Which processes do background work: those that do nothing else, or buyers' as well. */
export const WORKERS = ['offices', 'everywhere'] as const;
export type Workers = (typeof WORKERS)[number];

/** How the client treats a broken connection. */
export const CLIENT_MODES = ['default', 'no-resend', 'no-retry'] as const;
export type ClientMode = (typeof CLIENT_MODES)[number];

/** Closed: a buyer comes when another is served. Open: buyers come when they come. */
export const MODES = ['closed', 'open'] as const;
export type Mode = (typeof MODES)[number];

/** How the arrivals of an open loop are spread over time. */
export const ARRIVAL_PROFILES = ['poisson', 'constant', 'flash-sale'] as const;
export type ArrivalProfile = (typeof ARRIVAL_PROFILES)[number];

/** Where a redis-server was found. */
export const SERVER_SOURCES = [
  'flag',
  'environment',
  'path',
  'cache',
  'debian-package',
  'redis-memory-server',
] as const;
export type ServerSource = (typeof SERVER_SOURCES)[number];
