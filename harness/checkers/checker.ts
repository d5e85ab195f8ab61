import type { Property } from '../../strategies/contract.ts';
import type { ShownEvidence } from '../documents/judgement.ts';
import type { OverallVerdict, Verdict } from '../documents/vocabulary.ts';
import type { Operation } from '../history/operation.ts';

/** Why a property is violated or inconclusive. */
export interface Evidence extends Omit<ShownEvidence, 'operations'> {
  /** The operations concerned, in order of invocation; at most a handful. */
  operations: readonly Operation[];
}

export interface PropertyVerdict {
  verdict: Verdict;
  /** Empty when it holds. */
  evidence: readonly Evidence[];
  /** How it was decided, where that took more than the usual way. */
  note?: string;
}

/** What a checker says of one history: a verdict for each of the seven properties. */
export type Judgement = Record<Property, PropertyVerdict>;

/** `violated` beats `inconclusive` beats `holds`; `n/a` does not count. */
export function worst(verdicts: Iterable<Verdict>): OverallVerdict {
  let result: OverallVerdict = 'holds';
  for (const verdict of verdicts) {
    if (verdict === 'violated') return 'violated';
    if (verdict === 'inconclusive') result = 'inconclusive';
  }
  return result;
}

/** For a document, where an operation that never completed has no completion. */
export const shownEvidence = (evidence: Evidence): ShownEvidence => ({
  ...evidence,
  operations: evidence.operations.map(({ completed, ...operation }) =>
    completed === Infinity ? operation : { ...operation, completed },
  ),
});
