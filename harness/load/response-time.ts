import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 } as const;

/** Milliseconds. A percentile for which too little was measured is null: X needs 10 / (1 − X) values. */
export interface Percentiles {
  count: number;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  p999: number | null;
  max: number | null;
}

/** A histogram of durations with three significant digits (HDR). */
export class Durations {
  readonly #histogram: RecordableHistogram = createHistogram({ figures: 3 });

  record(ns: number): void {
    this.#histogram.record(Math.max(1, Math.round(ns)));
  }

  percentiles(): Percentiles {
    const { count } = this.#histogram;
    const at = (share: number): number | null =>
      count < 10 / (1 - share) ? null : this.#histogram.percentile(share * 100) / 1e6;
    return {
      count,
      p50: at(PERCENTILES.p50),
      p90: at(PERCENTILES.p90),
      p99: at(PERCENTILES.p99),
      p999: at(PERCENTILES.p999),
      max: count === 0 ? null : this.#histogram.max / 1e6,
    };
  }
}
