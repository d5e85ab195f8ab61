import type { Scope } from '../../documents/scope.ts';
import type { PurchaseOutcome } from '../../../strategies/contract.ts';
import { untilIdle } from '../../checkers/at-rest-steps.ts';
import { CannotExplore } from '../cannot-explore.ts';
import type { Settled } from '../process/instance.ts';

/** What the search and its twin over real sockets agree on when a sale comes to rest. */

/** More than a small sale leaves to do. */
const MOST_PASSES = 100;

/**
 * Background work, until it finds nothing to do.
 * @param pass one of it; answers whether it found nothing to do and changed nothing
 * @throws CannotExplore if it finds work again and again
 */
export async function workOff(pass: () => Promise<boolean>): Promise<void> {
  if (await untilIdle(pass, MOST_PASSES)) return;
  throw new CannotExplore(
    `runJob found work ${MOST_PASSES} times in a row on a sale at rest`,
    "runJob must answer 'idle' and change nothing once there is nothing to do",
  );
}

/** One more than can be left where nothing is oversold. */
export const mostUnits = (scope: Scope): number =>
  scope.stock + scope.restocks + scope.quantities.reduce((sum, quantity) => sum + quantity, 0) + 1;

export const isIdle = (settled: Settled | undefined): boolean =>
  settled?.kind === 'returned' && settled.value === 'idle';

export const isSale = (settled: Settled | undefined): boolean => answerOf(settled)?.kind === 'sold';

/** What a purchase was told; undefined if it threw or never ended. */
export const answerOf = (settled: Settled | undefined): PurchaseOutcome | undefined =>
  settled?.kind === 'returned' ? (settled.value as PurchaseOutcome | undefined) : undefined;
