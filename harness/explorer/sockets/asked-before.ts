import { furtherReleases } from '../../documents/faults.ts';
import type { ScheduleStep } from '../../documents/counterexample.ts';
import type { Scope } from '../../documents/scope.ts';
import { isLone } from '../scope/layout.ts';
import type { Paying, Releasing } from '../scope/moves.ts';
import { mayStillTake, type Served } from '../scope/payments.ts';
import type { Fate, Finish } from '../search/judge-end.ts';

/** What a request that is asked once more stands to, over real sockets. */

/**
 * Whether a purchase begins with its first command, and not when it is asked for: its process serves nobody else, and nobody
 * may cancel it before.
 */
export const beginsLate = (
  scope: Scope,
  { operation, slot }: Extract<ScheduleStep, { event: 'start' }>,
): boolean => operation < scope.buyers && isLone(scope, slot) && furtherReleases(scope.faults) === 0;

/** What became of the buyer's last attempt. */
export const lastFate = (finishes: readonly Finish[], buyer: number): Fate | undefined =>
  finishes.findLast((finish) => finish.kind === 'purchase' && finish.buyer === buyer)?.fate;

/** How a confirm or a release stands to what came before it; nothing of any other call. */
export function payingOf(
  { call, buyer }: Extract<ScheduleStep, { event: 'start' }>,
  finishes: readonly Finish[],
  served: readonly (Served | undefined)[],
): Partial<Paying> & Releasing {
  if (call.method === 'release') return mayStillTake(buyer, served) ? { uncertain: true } : {};
  if (call.method !== 'confirm') return {};
  const mine = finishes.filter((finish) => finish.buyer === buyer);
  return {
    late: mine.some(({ kind, late }) => kind === 'purchase' && late),
    paid: mine.some(({ kind, fate }) => kind === 'confirm' && fate === 'done'),
  };
}
