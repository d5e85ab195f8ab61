import type { Scope } from '../../documents/scope.ts';
import { PROPERTIES, type Property } from '../../../strategies/contract.ts';
import { breaksAll } from '../../documents/fault-events.ts';
import { violatedIn } from '../search/judge-end.ts';
import { possibleSteps } from './possible-steps.ts';
import { RealSale } from './real-sale.ts';
import type { Venue } from './venue.ts';

/** What a walk over everything that real sockets allow has found. */
export interface Unreduced {
  interleavings: number;
  violated: Set<Property>;
  /** Says nothing about this sale, at every end. */
  notApplicable: Set<Property>;
  outcomes: Set<string>;
  /** False when the limit came first. */
  exhausted: boolean;
}

/** When it ends early, and whom it tells how far it is. */
export interface Bounds {
  /** Interleavings. */
  most: number;
  onProgress?: (interleavings: number) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Every interleaving over real sockets, each from fresh state, with nothing fused, merged, remembered or started
 * late. Slow on purpose: it shares as little as can be with the search that it checks.
 */
export async function everyRealInterleaving(
  scope: Scope,
  venue: Venue,
  { most, onProgress, signal }: Bounds,
): Promise<Unreduced> {
  const found = {
    violated: new Set<Property>(),
    notApplicable: new Set<Property>(PROPERTIES),
    outcomes: new Set<string>(),
  };
  /** Of the current interleaving: which of how many possible steps was taken at each point. */
  const choices: { taken: number; of: number }[] = [];
  for (let interleavings = 0; interleavings < most;) {
    await using sale = await RealSale.open(scope, venue, { time: 'found out' });
    for (let depth = 0; ; depth++) {
      const { regular, faults } = await possibleSteps(sale);
      // At rest, a sale may end, or something may still happen to it.
      const steps = regular.length === 0 ? [undefined, ...faults] : [...regular, ...faults];
      choices[depth] ??= { taken: 0, of: steps.length };
      const step = steps[choices[depth]!.taken];
      if (!step) break;
      await sale.perform(step);
      if (breaksAll(step.event)) await sale.breakConnections();
    }
    const { outcome, judgement } = await sale.finish();
    found.outcomes.add(outcome);
    for (const property of violatedIn(judgement)) found.violated.add(property);
    for (const property of PROPERTIES) {
      if (judgement[property].verdict !== 'n/a') found.notApplicable.delete(property);
    }
    interleavings++;
    onProgress?.(interleavings);
    if (signal?.aborted) return { ...found, interleavings, exhausted: false };
    while (choices.length > 0 && choices.at(-1)!.taken + 1 === choices.at(-1)!.of) choices.pop();
    if (choices.length === 0) return { ...found, interleavings, exhausted: true };
    choices.at(-1)!.taken++;
  }
  return { ...found, interleavings: most, exhausted: false };
}
