import type { Sale } from '../../strategies/contract.ts';
import type { OperationColumns } from '../history/columns.ts';
import type { PropertyVerdict } from './checker.ts';
import { impossibleRefusals } from './refusal-evidence.ts';
import { searchRefusals } from './refusal-search.ts';
import type { Requests } from './requests.ts';
import { eventsOf, StockSweep } from './stock-order.ts';

export interface RefusalOptions {
  /** Milliseconds for the general search, where it is needed. */
  timeoutMs: number;
}

/** Judges `false-refusal`: by the two readings of `stock-order.ts`, and where they differ by the general search. */
export function judgeRefusals(
  sale: Sale,
  operations: OperationColumns,
  requests: Requests,
  options: RefusalOptions,
): PropertyVerdict {
  const events = eventsOf(operations);
  const unexplained = new StockSweep(sale, operations, requests, 'witness').run(events);
  if (unexplained.length === 0) return { verdict: 'holds', evidence: [] };
  const impossible = new StockSweep(sale, operations, requests, 'bound').run(events);
  if (impossible.length > 0) return impossibleRefusals(operations, impossible);
  return searchRefusals({ sale, operations, requests, undecided: unexplained, ...options });
}
