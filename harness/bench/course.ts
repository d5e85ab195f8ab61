import { opCode, OperationColumns, outcomeCode } from '../history/columns.ts';
import type { Course } from '../documents/figures.ts';
import { Durations } from '../load/response-time.ts';
import type { LoadRun } from '../load/summary.ts';

const WINDOWS = 20;
const PURCHASE = opCode('purchase');
const SOLD = outcomeCode('sold');
const REFUSED = new Set([outcomeCode('sold-out'), outcomeCode('limit-reached')]);

/** @param run of a closed loop, where a purchase's response time begins when it is sent */
export function courseOf(run: LoadRun): Course {
  const { op, invoked, completed, outcome, quantity, length } = OperationColumns.from(run.history.operations);
  const windowNs = run.elapsedNs / WINDOWS;
  const windows = Array.from({ length: WINDOWS }, () => ({ sold: 0, refused: 0, others: 0 }));
  const times = windows.map(() => new Durations());
  const [selling, drain] = [new Durations(), new Durations()];
  for (let i = 0; i < length; i++) {
    const endNs = completed[i]!;
    if (endNs === Infinity || op[i] !== PURCHASE) continue;
    const at = Math.min(WINDOWS - 1, Math.floor(endNs / windowNs));
    const window = windows[at]!;
    if (outcome[i] === SOLD) window.sold += quantity[i]!;
    else if (REFUSED.has(outcome[i]!)) window.refused++;
    else window.others++;
    const ns = endNs - invoked[i]!;
    times[at]!.record(ns);
    (invoked[i]! <= run.sellingNs ? selling : drain).record(ns);
  }
  let left = run.history.sale.stock;
  return {
    stock: run.history.sale.stock,
    sellingMs: run.sellingNs / 1e6,
    elapsedMs: run.elapsedNs / 1e6,
    outcomes: run.outcomes,
    sellingResponseMs: selling.percentiles(),
    drainResponseMs: drain.percentiles(),
    salesPerSecond: run.salesPerSecond,
    refusalsPerSecond: run.refusalsPerSecond,
    windowMs: windowNs / 1e6,
    windows: windows.map((window, i) => {
      const { p50, p99 } = times[i]!.percentiles();
      left -= window.sold;
      return { ...window, p50Ms: p50, p99Ms: p99, left };
    }),
  };
}
