import type { PurchaseOutcome } from '../../../strategies/contract.ts';
import type { Outcome } from '../../documents/vocabulary.ts';
import { CannotExplore } from '../cannot-explore.ts';
import type { Call, Settled } from './instance-events.ts';

/** What became of a call that has ended, for whoever made it. */
export function outcomeOfCall(kind: Call['method'] | 'other', settled: Settled): Outcome {
  if (kind === 'purchase') return answerOf(settled);
  if (settled.kind === 'returned') return 'done';
  return settled.definite ? 'rejected' : 'unknown';
}

/** What a purchase that has ended means. A throw without proof is unknown. @throws CannotExplore if it is no outcome */
function answerOf(settled: Settled): Outcome {
  if (settled.kind === 'threw') return settled.definite ? 'rejected' : 'unknown';
  const outcome = settled.value as Partial<PurchaseOutcome> | undefined;
  switch (outcome?.kind) {
    case 'sold':
    case 'sold-out':
    case 'limit-reached':
    case 'already-yours':
    case 'gave-up':
      return outcome.kind;
    case undefined:
      break;
  }
  throw new CannotExplore(
    `purchase returned ${JSON.stringify(settled.value) ?? (settled.value === undefined ? 'undefined' : `a ${typeof settled.value}`)}`,
    "return { kind: 'sold' }, { kind: 'sold-out' }, { kind: 'limit-reached' }, { kind: 'already-yours' } or { kind: 'gave-up', attempts }",
  );
}
