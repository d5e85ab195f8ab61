import { OUTCOMES, type Outcome } from '../documents/vocabulary.ts';
import type { History } from '../history/operation.ts';
import { opCode, outcomeCode, type OperationColumns } from '../history/columns.ts';
import type { Ended, Failure } from '../documents/figures.ts';
import { timesOf, type Recording } from '../history/recording.ts';
import { noTimes, type Times } from './response-time.ts';
import type { SaleAtRest } from './final-count.ts';
import type { Usage } from './usage.ts';
import { steadyFrom } from './warm-up.ts';

/** A figure that was not measured is absent or null. */
export interface LoadRun extends Usage, Pick<SaleAtRest, 'drained' | 'drainedBy'> {
  strategy: string;
  /** Closed: the next request waits for the last response. Open: buyers come when they come. */
  mode: 'closed' | 'open';
  seed: number;
  workers: number;
  inFlight: number;
  connections: number;
  /** After `aborted` nobody looked at what was left, so the history has neither drained units nor a ledger. */
  ended: Ended;
  history: History;
  /** Purchases, by how they ended; of a strategy that confirms, `sold` is a hold. */
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
  /** Until the run was steady; undefined: it never was, and all of it counts. Left out of the next two figures. */
  warmUpNs: number | undefined;
  /** Sales in the selling phase; null if nothing was sold. */
  salesPerSecond: number | null;
  /** Completed operations that began in the selling phase; if nothing was sold, all. */
  times: Times;
  /** Refusals in the drain phase; null if nobody was refused in it. */
  refusalsPerSecond: number | null;
  /** Commands that the instances sent until their last sale, per sale; null if nothing was sold. */
  commandsPerSale: number | null;
  /** Likewise packets: commands written to one connection in one turn of the event loop share one. */
  roundTripsPerSale: number | null;
  /** Likewise pauses: what a strategy does before it tries again. */
  retriesPerSale: number | null;
  /** Arrivals that were due and never became a purchase; always 0 in a closed loop. */
  unsent: number;
  /** JavaScript heap and what it holds outside of it: the most of each instance's thread, summed. */
  memoryBytes: number;
  /** The code opens connections itself, by which it sent commands before the sale began: on the same threads it would not again. */
  sentBefore?: true;
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
  | 'warmUpNs'
  | 'salesPerSecond'
  | 'times'
  | 'refusalsPerSecond'
>;

const PURCHASE = opCode('purchase');
const SOLD = outcomeCode('sold');
const SOLD_OUT = outcomeCode('sold-out');

/** Reads the columns as they are: a million operations need not become a million objects. */
export function figuresOf(
  operations: OperationColumns,
  recordings: readonly Recording[],
  mode: LoadRun['mode'],
): Figures {
  const { op, completed, outcome, quantity, length } = operations;
  const counts = OUTCOMES.map(() => 0);
  let soldUnits = 0;
  let hung = 0;
  let elapsedNs = 0;
  const soldAtNs: number[] = [];
  let purchases = 0;
  for (let i = 0; i < length; i++) {
    if (op[i] !== PURCHASE) continue;
    purchases++;
    counts[outcome[i]!]!++;
    if (completed[i] === Infinity) hung++;
    else elapsedNs = Math.max(elapsedNs, completed[i]!);
    if (outcome[i] !== SOLD) continue;
    soldUnits += quantity[i]!;
    soldAtNs.push(completed[i]!);
  }
  const sellingNs = soldAtNs.reduce((last, ns) => Math.max(last, ns), 0);
  // The speed of an open loop is its arrivals', whether or not anything is warm.
  const warmUpNs = mode === 'open' ? 0 : steadyFrom(soldAtNs, sellingNs);
  const fromNs = warmUpNs ?? 0;
  const steadySales = soldAtNs.reduce((count, ns) => count + Number(ns >= fromNs), 0);
  return {
    outcomes: Object.fromEntries(OUTCOMES.map((name, code) => [name, counts[code]])) as Record<
      Outcome,
      number
    >,
    operations: purchases,
    soldUnits,
    hung,
    elapsedNs,
    sellingNs,
    operationsPerSecond: elapsedNs === 0 ? 0 : (purchases - hung) / (elapsedNs / 1e9),
    warmUpNs,
    salesPerSecond: soldAtNs.length === 0 ? null : steadySales / ((sellingNs - fromNs) / 1e9),
    times: timesBetween(recordings, fromNs, sellingNs === 0 ? Infinity : sellingNs),
    refusalsPerSecond: refusalsPerSecond(operations, sellingNs, elapsedNs),
  };
}

/** Of the purchases that were to begin in that time. */
function timesBetween(recordings: readonly Recording[], fromNs: number, toNs: number): Times {
  const times = noTimes();
  for (const { intendedNs, noticedNs, invokedNs, completedNs } of timesOf(recordings)) {
    if (intendedNs < fromNs || intendedNs > toNs) continue;
    times.response.record(completedNs - intendedNs);
    times.service.record(completedNs - invokedNs);
    times.lag.record(noticedNs - intendedNs);
  }
  return times;
}

function refusalsPerSecond(
  { completed, outcome, length }: OperationColumns,
  sellingNs: number,
  elapsedNs: number,
): number | null {
  let refused = 0;
  for (let i = 0; i < length; i++) {
    if (outcome[i] === SOLD_OUT && completed[i]! > sellingNs && completed[i]! < Infinity) refused++;
  }
  return refused === 0 ? null : refused / ((elapsedNs - sellingNs) / 1e9);
}
