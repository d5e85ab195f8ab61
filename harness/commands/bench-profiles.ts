import type { BenchOptions } from '../bench/session.ts';

/** Strategies to which rates are offered: the fastest of those that hold. */
const OFFERED = 5;
const SELL_OUT_SECONDS = 2;

/** What a session measures, beside what its other flags say. */
export const BENCH_PROFILES = {
  quick: { ceiling: 'all' },
  full: {
    ceiling: 'all',
    sellOutSeconds: SELL_OUT_SECONDS,
    offer: {
      profile: 'poisson',
      choose: (rows) =>
        rows
          .toSorted((a, b) => (b.salesPerSecond.median ?? 0) - (a.salesPerSecond.median ?? 0))
          .slice(0, OFFERED)
          .map(({ strategy }) => strategy),
    },
  },
} as const satisfies Record<string, Pick<BenchOptions, 'ceiling' | 'sellOutSeconds' | 'offer'>>;

export type BenchProfile = keyof typeof BENCH_PROFILES;
