import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARRIVAL_PROFILES } from '../../harness/documents/vocabulary.ts';
import { arrivalTimes, type Arrivals } from '../../harness/load/arrivals.ts';
import { Durations } from '../../harness/load/response-time.ts';
import type { Point } from '../../harness/documents/figures.ts';
import { parseTarget, sweep } from '../../harness/bench/sweep.ts';
import { runRounds } from '../../harness/bench/trials.ts';
import { steadyFrom } from '../../harness/load/warm-up.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import { seed } from '../helpers/seed.ts';

test('each round measures everything once, in an order of its own that the seed repeats', async () => {
  const order = await orders();
  const rounds = Array.from({ length: 8 }, (_, round) => order.slice(5 * round, 5 * round + 5));
  for (const round of rounds) expect(round.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(new Set(rounds.map((round) => round.join(''))).size).toBeGreaterThan(1);
  expect(await orders()).toEqual(order);
});

describe('warm-up', () => {
  test('is cut off where the speed has become what it stays', () => {
    const slowStart = steadyFrom(
      completions((at) => (at < 0.2 ? 0.3 : 0.9)),
      1e9,
    )!;
    expect(slowStart).toBeGreaterThanOrEqual(0.19e9);
    expect(slowStart).toBeLessThanOrEqual(0.34e9);
  });

  test('is not seen where there is none, nor in what is too little to tell', () => {
    expect(
      steadyFrom(
        completions(() => 0.9),
        1e9,
      ),
    ).toBeLessThanOrEqual(0.5e9);
    expect(steadyFrom([1, 2, 3], 3)).toBe(0);
  });

  test('that takes most of the run is told', () => {
    expect(
      steadyFrom(
        completions((at) => (at < 0.7 ? 0.1 : 0.9)),
        1e9,
      ),
    ).toBeUndefined();
  });
});

describe('arrivals', () => {
  test('of every profile are ascending, within their time, and the same for the same seed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ARRIVAL_PROFILES),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5_000 }),
        (profile, instances, ratePerSecond) => {
          const arrivals = { profile, ratePerSecond, seconds: 0.5 };
          const times = all(arrivals, instances);
          for (const at of times) expect(at >= 0 && at < 0.5e9).toBe(true);
          expect(all(arrivals, instances)).toEqual(times);
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each([1, 3])('at a constant rate are equally far apart, over %i instances too', (instances) => {
    const times = all({ profile: 'constant', ratePerSecond: 1_000, seconds: 2 }, instances);
    expect(times).toHaveLength(2_000);
    for (const [i, at] of times.entries()) expect(at).toBeCloseTo(i * 1e6, 3);
  });

  test.each([1, 3])('by Poisson vary as much as they should, over %i instances too', (instances) => {
    const times = all({ profile: 'poisson', ratePerSecond: 20_000, seconds: 1 }, instances);
    expect(Math.abs(times.length - 20_000)).toBeLessThan(6 * Math.sqrt(20_000));
    // Constant arrivals are the twin.
    expect(dispersion(times)).toBeGreaterThan(0.7);
    expect(dispersion(times)).toBeLessThan(1.3);
    expect(dispersion(all({ profile: 'constant', ratePerSecond: 20_000, seconds: 1 }, 1))).toBeLessThan(0.1);
  });

  test('of a flash sale wait, rush in at the peak, and ebb away', () => {
    const times = all({ profile: 'flash-sale', ratePerSecond: 40_000, seconds: 2 }, 2);
    const between = (from: number, to: number): number =>
      times.filter((at) => at >= from * 1e9 && at < to * 1e9).length;
    const expected: [number, number, number][] = [
      [0, 0.5, 0.1],
      [0.5, 1, 1],
      [1, 1.5, 0.775],
      [1.5, 2, 0.325],
    ];
    for (const [from, to, share] of expected) {
      const mean = 40_000 * 0.5 * share;
      expect(Math.abs(between(from, to) - mean)).toBeLessThan(6 * Math.sqrt(mean) + 1);
    }
  });
});

describe('the search for a rate', () => {
  const target = parseTarget('p99=5ms');

  test('ends close below the last rate that is good enough, wherever that is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2_500, max: 9_400 }), async (limit) => {
        const { highestRate } = await sweep(target, 10_000, async (rate) => point(rate <= limit ? 1 : 50));
        expect(highestRate).toBeLessThanOrEqual(limit);
        expect(highestRate).toBeGreaterThanOrEqual(limit - 0.15 * 10_000 * 0.5 ** 3 - 1);
      }),
      { numRuns: 30 },
    );
  });

  test('never answers a rate that met the target once by luck', async () => {
    const tries = new Map<number, number>();
    const lucky = await sweep(target, 10_000, async (rate) => {
      tries.set(rate, (tries.get(rate) ?? 0) + 1);
      return point(rate <= 5_000 || tries.get(rate) === 1 ? 1 : 50);
    });
    expect(lucky.highestRate).toBe(5_000);
  });

  test('does not take a short answer of a saturated server for a good one', async () => {
    const { highestRate } = await sweep(target, 10_000, async (rate) => ({
      ...point(1),
      saturated: rate > 3_000,
    }));
    expect(highestRate).toBeLessThanOrEqual(3_000);
  });

  test('that finds nothing says so', async () => {
    expect(await sweep(target, 10_000, async () => point(50))).toMatchObject({ highestRate: null });
  });

  test.each(['p95=5ms', 'p99', 'p99=5', 'p99=0ms', 'p99=-1ms', '5ms'])(
    'the latency target %s is refused',
    (text) => {
      expect(() => parseTarget(text)).toThrowError(
        expect.objectContaining({ code: 'INVALID_INPUT' }) as Error,
      );
    },
  );
});

const orders = async (): Promise<string[]> => {
  const order: string[] = [];
  const measured = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
    name,
    measure: async () => void order.push(name),
  }));
  await runRounds(measured, 8, seededRandom(seed));
  return order;
};

/** Completions of a second whose speed at each instant is given, 0 … 1, of at most 20 000 a second. */
const completions = (speed: (at: number) => number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: 20_000 }, () => random.next())
    .filter((at) => random.next() < speed(at))
    .map((at) => at * 1e9);
};

const all = (arrivals: Arrivals, instances: number): number[] =>
  Array.from({ length: instances }, (_, instance) => {
    const next = arrivalTimes(arrivals, { instance, instances, seed });
    const times: number[] = [];
    for (let at = next(); at < Infinity; at = next()) times.push(at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    return times;
  })
    .flat()
    .toSorted((a, b) => a - b);

/** Variance of the counts per millisecond of one second, by their mean: 1 of a Poisson process. */
const dispersion = (series: readonly number[]): number => {
  const counts = Array.from({ length: 1_000 }, () => 0);
  for (const at of series) counts[Math.floor(at / 1e6)]!++;
  const mean = series.length / 1_000;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / 1_000 / mean;
};

const point = (p99: number): Omit<Point, 'meets' | 'ratePerSecond'> => {
  const response = new Durations();
  for (let i = 0; i < 1_000; i++) response.record(p99 * 1e6);
  return { salesPerSecond: 1, unsent: 0, saturated: false, responseMs: response.percentiles() };
};
