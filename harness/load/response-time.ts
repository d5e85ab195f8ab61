import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { CurvePoint, Percentile, Percentiles } from '../documents/figures.ts';

const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 } as const satisfies Record<
  Percentile,
  number
>;

/** Closer and closer to 1, where what a few buyers suffer becomes visible. */
const CURVE = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999];

/** A histogram of durations with three significant digits (HDR). */
export class Durations {
  readonly #histogram: RecordableHistogram = createHistogram({ figures: 3 });

  record(ns: number): void {
    this.#histogram.record(Math.max(1, Math.round(ns)));
  }

  /** Percentiles of several runs are those of their merged histograms, never an average. */
  add(other: Durations): void {
    this.#histogram.add(other.#histogram);
  }

  percentiles(): Percentiles {
    const { count } = this.#histogram;
    const at = (share: number): number | null => this.#at(share);
    return {
      count,
      p50: at(PERCENTILES.p50),
      p90: at(PERCENTILES.p90),
      p99: at(PERCENTILES.p99),
      p999: at(PERCENTILES.p999),
      max: count === 0 ? null : this.#histogram.max / 1e6,
    };
  }

  /** As far as what was measured carries. */
  curve(): CurvePoint[] {
    return CURVE.flatMap((share) => {
      const ms = this.#at(share);
      return ms === null ? [] : [{ share, ms }];
    });
  }

  #at(share: number): number | null {
    const histogram = this.#histogram;
    return histogram.count < 10 / (1 - share) ? null : histogram.percentile(share * 100) / 1e6;
  }
}

/**
 * The times of one run, apart. In a closed loop a purchase begins when the one before has ended, so its service
 * time is all there is. In an open loop response time = generator lag + waiting for a free connection + service time.
 */
export interface Times {
  /** Intended start → completion. */
  response: Durations;
  /** Sent → completion. */
  service: Durations;
  /** Intended start → the generator came to it; always 0 in a closed loop. */
  lag: Durations;
}

export const noTimes = (): Times => ({
  response: new Durations(),
  service: new Durations(),
  lag: new Durations(),
});

export function addTimes(sum: Times, more: Times): void {
  sum.response.add(more.response);
  sum.service.add(more.service);
  sum.lag.add(more.lag);
}
