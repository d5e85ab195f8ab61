import type { Interval } from './figures.ts';

/** Whether the interval of a ratio leaves only one direction. Without an interval nothing is said. */
export const differs = ({ low, high }: Interval): boolean =>
  low !== null && high !== null && (low > 1 || high < 1);
