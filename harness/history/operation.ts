import type { RecordedSale, Sale } from '../../strategies/contract.ts';
import type { ShownOperation } from '../documents/history.ts';

/** One operation in memory, where one that never completed has a completion too. */
export interface Operation extends Omit<ShownOperation, 'completed'> {
  /** Nanoseconds since the run's start; Infinity when it never completed. */
  completed: number;
}

/** The record of one run. */
export interface History {
  sale: Sale;
  /** `sold` is a hold, and only a confirm acknowledges. Absent: so it is where an operation confirms. */
  confirms?: boolean;
  /** Of a strategy that says so: a purchase may hold units for a moment before it fails. */
  reserves?: boolean;
  operations: Iterable<Operation>;
  /** Units that could be bought at rest; absent when nobody measured it. */
  drained?: number;
  /** The ledger at rest; null when the strategy keeps none, absent when nobody read it. */
  recorded?: Iterable<RecordedSale> | null;
}
