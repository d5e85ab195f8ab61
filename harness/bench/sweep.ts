import { UsageError } from '../ground/errors.ts';
import type { Offered, Percentile, Percentiles, Point, ResponseTarget, Sweep } from '../documents/figures.ts';

/** What came of one open loop at that rate. */
export type Attempt = (ratePerSecond: number) => Promise<Omit<Point, 'ratePerSecond'>>;

/** Shares of the capacity that are always tried, so that there is a curve to look at. */
export const SHARES = [0.2, 0.35, 0.5, 0.65, 0.8, 0.95];
const ratesOf = (capacity: number): number[] =>
  SHARES.map((share) => Math.max(1, Math.round(share * capacity)));

/** Halvings between the last rate that met the target and the first that did not: 15 % become 2 %. */
const HALVINGS = 3;

/** Measures the curve alone, without a target. */
export async function offered(capacity: number, attempt: Attempt): Promise<Offered> {
  const points: Point[] = [];
  for (const ratePerSecond of ratesOf(capacity)) {
    points.push({ ratePerSecond, ...(await attempt(ratePerSecond)) });
  }
  return { capacity, points };
}

/** @throws UsageError unless it reads like "p99=5ms" */
export function parseTarget(text: string): ResponseTarget {
  const [, percentile, ms] = /^(p50|p90|p99|p999)=(\d+(?:\.\d+)?)ms$/.exec(text) ?? [];
  if (percentile === undefined || !(Number(ms) > 0)) {
    throw new UsageError(
      'INVALID_INPUT',
      `--slo is "${text}"`,
      'give a percentile of the response time and its milliseconds: p99=5ms (or p50, p90, p999)',
    );
  }
  return { percentile: percentile as Percentile, ms: Number(ms) };
}

/** A percentile that could not be measured meets nothing. */
const meets = ({ percentile, ms }: ResponseTarget, response: Percentiles): boolean =>
  (response[percentile] ?? Infinity) <= ms;

/**
 * Looks for the highest rate that meets the target: first over the whole range, then between the last rate that did
 * and the one after it. The rate that is answered met it twice.
 */
export async function sweep(target: ResponseTarget, capacity: number, attempt: Attempt): Promise<Sweep> {
  const points: Sweep['points'] = [];
  const attemptAt = async (ratePerSecond: number): Promise<boolean> => {
    const measured = await attempt(ratePerSecond);
    const good = !measured.saturated && meets(target, measured.responseMs);
    points.push({ ratePerSecond, ...measured, meets: good });
    return good;
  };
  let good = 0;
  let bad = Infinity;
  for (const rate of ratesOf(capacity)) {
    if (await attemptAt(rate)) {
      if (bad === Infinity) good = rate;
    } else bad = Math.min(bad, rate);
  }
  for (let i = 0; i < HALVINGS && bad < Infinity && good > 0; i++) {
    const rate = Math.round((good + bad) / 2);
    if (await attemptAt(rate)) good = rate;
    else bad = rate;
  }
  // Once may be luck: from the best one down, the first that does it again.
  const met = points.filter((point) => point.meets && point.ratePerSecond <= good);
  for (const { ratePerSecond } of met.toSorted((a, b) => b.ratePerSecond - a.ratePerSecond)) {
    if (await attemptAt(ratePerSecond)) return { target, capacity, highestRate: ratePerSecond, points };
  }
  return { target, capacity, highestRate: null, points };
}
