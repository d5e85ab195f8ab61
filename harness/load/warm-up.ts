/** Windows into which the selling phase is cut; with fewer sales than ten a window there is nothing to see. */
const WINDOWS = 100;
const LEAST_SALES = 10 * WINDOWS;

/** No warm-up lasts longer than this share of a run that is long enough. */
const MOST = 1 / 3;

/**
 * Where a run has become steady, in nanoseconds since its start: the beginning after whose removal the mean of the
 * rest is known best. Undefined: only after a third, so it was too short. Too few sales to tell: 0.
 * Source: marginal standard error rule; White, Simulation 69(6), 1997.
 *
 * @param completedNs of the sales, in any order
 * @param endNs the last of them
 */
export function steadyFrom(completedNs: readonly number[], endNs: number): number | undefined {
  if (completedNs.length < LEAST_SALES) return 0;
  const counts = new Float64Array(WINDOWS);
  for (const ns of completedNs) counts[Math.min(WINDOWS - 1, Math.floor((ns / endNs) * WINDOWS))]!++;
  let first = 0;
  let least = Infinity;
  let sum = 0;
  let squares = 0;
  for (let from = WINDOWS - 1; from >= 0; from--) {
    sum += counts[from]!;
    squares += counts[from]! ** 2;
    const left = WINDOWS - from;
    const error = (squares - sum ** 2 / left) / left ** 2;
    // The few last windows may agree by chance.
    if (left >= WINDOWS / 10 && error <= least) [first, least] = [from, error];
  }
  return first > WINDOWS * MOST ? undefined : (first / WINDOWS) * endNs;
}
