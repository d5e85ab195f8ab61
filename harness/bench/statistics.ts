import type { Interval } from '../documents/figures.ts';
import { coinSums, wrongPairs } from './rank-sums.ts';

/** Left out at each end by chance, at most. */
const TAIL = 0.025;

export function median(values: readonly number[]): number | null {
  return medianOf(values.toSorted(ascending));
}

/**
 * The trial is the unit: operations within one share its luck. The interval ends at trials: so many of them lie above
 * the true median as heads fall, whatever they are distributed like, and two of six trials are too few to leave out.
 * Source: the sign test, inverted; Lehmann, Nonparametrics, 1975.
 */
export function medianInterval(trials: readonly (number | null)[]): Interval {
  const values = trials.filter((value) => value !== null);
  return intervalOf(values, coinSums(values.map(() => 1)));
}

/**
 * How the measured relates to the reference of the same round: what befell a whole round cancels out. A round in which
 * one of them is missing does not count.
 *
 * Each round measures in a random order, so of two that are equally fast, either is ahead in a round by the toss of a
 * coin, whatever the machine did, and however alike neighbouring rounds are. That is all that the interval rests on:
 * it contains 1 in 95 of 100 such sessions, from six rounds on. A bootstrap of so few rounds does not: simulated, its
 * median came to 90 to 94, its mean to 80 to 92 of 100.
 *
 * Source: the signed-rank test, inverted; Hodges & Lehmann, Ann. Math. Statist. 34, 1963. The random order: Fisher,
 * The Design of Experiments, 1935; Abedi & Brecht, ICPE 2017. The ratio and its interval as the thing to tell:
 * Kalibera & Jones, ISMM 2013.
 */
export function pairedRatio(
  measured: readonly (number | null)[],
  reference: readonly (number | null)[],
): Interval {
  const logs = measured.flatMap((value, round) => {
    const other = reference[round];
    return value === null || other === null || other === undefined || other === 0
      ? []
      : Math.log(value / other);
  });
  const means = logs.flatMap((log, i) => logs.slice(i).map((other) => (log + other) / 2));
  return asRatio(intervalOf(means, coinSums(logs.map((_, i) => i + 1))));
}

/**
 * How two sessions relate, whose trials have nothing to do with each other. The interval speaks of what varied within
 * the sessions: what was different between them, besides the code, it cannot know.
 * Source: the rank-sum test, inverted; Hodges & Lehmann, as above.
 */
export function unpairedRatio(measured: readonly number[], reference: readonly number[]): Interval {
  const logs = measured.flatMap((value) => reference.map((other) => Math.log(value / other)));
  return asRatio(intervalOf(logs, wrongPairs(measured.length, reference.length)));
}

/** @param chances of 0, 1, 2 … of the values to lie on the wrong side of the truth */
function intervalOf(values: readonly number[], chances: Float64Array): Interval {
  const sorted = values.toSorted(ascending);
  let outside = 0;
  for (let chance = chances[0]!; chance <= TAIL; chance += chances[outside]!) outside++;
  const ends = outside === 0 ? {} : { low: sorted[outside - 1]!, high: sorted[sorted.length - outside]! };
  return { median: medianOf(sorted), low: null, high: null, ...ends };
}

const exp = (log: number | null): number | null => (log === null ? null : Math.exp(log));

function asRatio({ median: middle, low, high }: Interval): Interval {
  return { median: exp(middle), low: exp(low), high: exp(high) };
}

function medianOf(sorted: readonly number[]): number | null {
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const ascending = (a: number, b: number): number => a - b;
