import type { ServiceTotals } from '../documents/service-figures.ts';
import type { LoadRun } from '../load/summary.ts';

/** What became of a sale. */
export function totalsOf({
  outcomes,
  history,
  drained,
}: Pick<LoadRun, 'outcomes' | 'history' | 'drained'>): ServiceTotals {
  const recorded = history.recorded && [...history.recorded].reduce((sum, { quantity }) => sum + quantity, 0);
  return { outcomes, recorded: recorded ?? null, left: drained ?? null };
}
