import { OUTCOMES, type History, type Outcome } from '../history/operation.ts';
import { outcomeCode, type OperationColumns } from '../history/columns.ts';
import type { Failure } from './failures.ts';
import { Durations, type Percentiles } from './response-time.ts';
import type { AtRest } from './rest.ts';
import type { Usage } from './usage.ts';

/**
 * Why no purchase began any more: all buyers served, `seconds` over, the caller's signal, or nothing was completed
 * any more. After `aborted` nobody looked at what was left, so that history has neither drained units nor a ledger.
 */
export type Ended = 'served' | 'time-up' | 'aborted' | 'stalled';

/** A figure that was not measured is absent or null. */
export interface LoadRun extends Usage, Pick<AtRest, 'drained' | 'drainedBy'> {
  strategy: string;
  /** The next request waits for the last response, so response time and service time are the same here. */
  mode: 'closed';
  seed: number;
  workers: number;
  inFlight: number;
  connections: number;
  ended: Ended;
  history: History;
  /** Operations, by how they ended. */
  outcomes: Record<Outcome, number>;
  operations: number;
  soldUnits: number;
  /** Operations that never came to an end; they count as unknown too. */
  hung: number;
  /** From the common start to the last completion. */
  elapsedNs: number;
  /** From the common start to the completion of the last sale; 0 if nothing was sold. After it, the drain phase. */
  sellingNs: number;
  operationsPerSecond: number;
  /** Sales in the selling phase; null if nothing was sold. */
  salesPerSecond: number | null;
  /** Completed operations that began in the selling phase; if nothing was sold, all. */
  responseMs: Percentiles;
  /** Commands that the instances sent until their last sale, per sale; null if nothing was sold. */
  commandsPerSale: number | null;
  errors: Failure[];
}

export type Figures = Pick<
  LoadRun,
  | 'outcomes'
  | 'operations'
  | 'soldUnits'
  | 'hung'
  | 'elapsedNs'
  | 'sellingNs'
  | 'operationsPerSecond'
  | 'salesPerSecond'
  | 'responseMs'
>;

const SOLD = outcomeCode('sold');

/** Reads the columns as they are: a million operations need not become a million objects. */
export function figuresOf(operations: OperationColumns): Figures {
  const { invoked, completed, outcome, quantity, length } = operations;
  const counts = OUTCOMES.map(() => 0);
  let soldUnits = 0;
  let hung = 0;
  let elapsedNs = 0;
  let sellingNs = 0;
  for (let i = 0; i < length; i++) {
    counts[outcome[i]!]!++;
    if (completed[i] === Infinity) hung++;
    else elapsedNs = Math.max(elapsedNs, completed[i]!);
    if (outcome[i] !== SOLD) continue;
    soldUnits += quantity[i]!;
    sellingNs = Math.max(sellingNs, completed[i]!);
  }
  const response = new Durations();
  for (let i = 0; i < length; i++) {
    const counted = completed[i] !== Infinity && (sellingNs === 0 || invoked[i]! <= sellingNs);
    if (counted) response.record(completed[i]! - invoked[i]!);
  }
  const sales = counts[SOLD]!;
  return {
    outcomes: Object.fromEntries(OUTCOMES.map((name, code) => [name, counts[code]])) as Record<
      Outcome,
      number
    >,
    operations: length,
    soldUnits,
    hung,
    elapsedNs,
    sellingNs,
    operationsPerSecond: elapsedNs === 0 ? 0 : (length - hung) / (elapsedNs / 1e9),
    salesPerSecond: sales === 0 ? null : sales / (sellingNs / 1e9),
    responseMs: response.percentiles(),
  };
}
