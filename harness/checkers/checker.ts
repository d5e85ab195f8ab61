import type { Property } from '../../strategies/contract.ts';
import type { Operation } from '../history/operation.ts';

/** `inconclusive` never passes. `n/a`: the property says nothing about this sale (no limit, no ledger). */
export type Verdict = 'holds' | 'violated' | 'inconclusive' | 'n/a';

/** Why a property is violated or inconclusive. */
export interface Evidence {
  property: Property;
  /** One sentence with the figures. */
  message: string;
  /** Units concerned, where it is a matter of units: oversold by, stranded. */
  units?: number;
  /** Requests concerned, at most a handful. */
  requests?: readonly string[];
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
export function worst(verdicts: Iterable<Verdict>): 'holds' | 'violated' | 'inconclusive' {
  let result: 'holds' | 'violated' | 'inconclusive' = 'holds';
  for (const verdict of verdicts) {
    if (verdict === 'violated') return 'violated';
    if (verdict === 'inconclusive') result = 'inconclusive';
  }
  return result;
}
