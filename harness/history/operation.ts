import type { RecordedSale, Sale } from '../../strategies/contract.ts';

/** What one operation does. */
export const OPS = ['purchase', 'release', 'restock'] as const;
export type Op = (typeof OPS)[number];

/**
 * How an operation ended. `done`: a release or restock that was acknowledged. `rejected`: a DefiniteError, surely
 * without effect. `unknown`: timeout, lost connection, crash or any other throw; it may have taken effect, also
 * later than its completion.
 */
export const OUTCOMES = [
  'sold',
  'sold-out',
  'limit-reached',
  'gave-up',
  'done',
  'rejected',
  'unknown',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One operation with its invocation and completion. */
export interface Operation {
  /** Who performed it; a process performs one operation at a time. */
  process: number;
  /** Client token; attempts of one purchase share it. Empty for a restock. */
  request: string;
  /** 1 for the first attempt; higher for the buyer's own retries. */
  attempt: number;
  user: string;
  op: Op;
  /** Units. */
  quantity: number;
  /** Nanoseconds since the run's start. */
  invoked: number;
  /** Nanoseconds since the run's start; Infinity when it never completed. */
  completed: number;
  outcome: Outcome;
  /** Units left right after a sale, where the store told. Shown, not judged. */
  remaining?: number;
}

/** The record of one run. */
export interface History {
  sale: Sale;
  operations: Iterable<Operation>;
  /** Units that could be bought at rest; absent when nobody measured it. */
  drained?: number;
  /** The ledger at rest; null when the strategy keeps none, absent when nobody read it. */
  recorded?: Iterable<RecordedSale> | null;
}
