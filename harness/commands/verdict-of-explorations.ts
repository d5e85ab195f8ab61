import type { OverallVerdict } from '../documents/vocabulary.ts';
import type { Exploration } from '../explorer/explore.ts';

/** `inconclusive` if a property is, or if not everything was covered, unless that is allowed. */
export function verdictOfExplorations(
  explorations: readonly Pick<Exploration, 'coverage' | 'verdict'>[],
  allowBounded: boolean,
): OverallVerdict {
  const isOpen = ({ coverage, verdict }: Pick<Exploration, 'coverage' | 'verdict'>): boolean =>
    coverage === 'exhausted' ? verdict !== 'holds' : !allowBounded;
  if (explorations.some(({ verdict }) => verdict === 'violated')) return 'violated';
  return explorations.some(isOpen) ? 'inconclusive' : 'holds';
}
