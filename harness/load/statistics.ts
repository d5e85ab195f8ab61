import type { Random } from '../random.ts';

/** A median with its 95 % interval. Null: not measured, or too few trials for an interval. */
export interface Interval {
  median: number | null;
  low: number | null;
  high: number | null;
}

/** From fewer trials no interval covers the median in 95 of 100 cases: of four, even all of them cover 87.5. */
const LEAST_TRIALS = 5;

const RESAMPLES = 1_000;

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The trial is the unit: operations within one share its luck, so only whole trials are drawn again.
 * Source: percentile bootstrap of the median; Kalibera & Jones, ISMM 2013.
 */
export function medianInterval(trials: readonly (number | null)[], random: Random): Interval {
  const values = trials.filter((value) => value !== null);
  return intervalOf(median(values), values.length, () => median(redrawn(values, random))!);
}

/**
 * How the measured relates to the reference of the same round: what befell a whole round cancels out.
 * A round in which one of them is missing does not count.
 */
export function pairedRatio(
  measured: readonly (number | null)[],
  reference: readonly (number | null)[],
  random: Random,
): Interval {
  const ratios = measured.map((value, round) => {
    const other = reference[round];
    return value === null || other === null || other === undefined || other === 0 ? null : value / other;
  });
  return medianInterval(ratios, random);
}

/** How medians of two sessions relate, whose trials have nothing to do with each other. */
export function unpairedRatio(
  measured: readonly number[],
  reference: readonly number[],
  random: Random,
): Interval {
  const trials = Math.min(measured.length, reference.length);
  const again = (): number => ratioOfMedians(redrawn(measured, random), redrawn(reference, random)) ?? 1;
  return intervalOf(ratioOfMedians(measured, reference), trials, again);
}

function ratioOfMedians(a: readonly number[], b: readonly number[]): number | null {
  const below = median(b);
  return a.length === 0 || below === null || below === 0 ? null : median(a)! / below;
}

/** Whether the interval leaves only one direction. Without an interval nothing is said. */
export const differs = ({ low, high }: Interval): boolean =>
  low !== null && high !== null && (low > 1 || high < 1);

function intervalOf(middle: number | null, trials: number, again: () => number): Interval {
  if (middle === null || trials < LEAST_TRIALS) return { median: middle, low: null, high: null };
  const drawn = Array.from({ length: RESAMPLES }, again).toSorted((a, b) => a - b);
  const at = (share: number): number => drawn[Math.round(share * (RESAMPLES - 1))]!;
  return { median: middle, low: at(0.025), high: at(0.975) };
}

const redrawn = (values: readonly number[], random: Random): number[] =>
  values.map(() => values[random.below(values.length)]!);
