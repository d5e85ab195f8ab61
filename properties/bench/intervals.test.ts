import { describe, expect, test } from 'vitest';
import { coinSums, wrongPairs } from '../../harness/bench/rank-sums.ts';
import { differs } from '../../harness/documents/intervals.ts';
import { medianInterval, pairedRatio, unpairedRatio } from '../../harness/bench/statistics.ts';
import { runRounds } from '../../harness/bench/trials.ts';
import { seededRandom, type Random } from '../../harness/ground/random.ts';
import { seed } from '../helpers/seed.ts';

/** How fast the machine is at one time after the other. */
type Machine = (random: Random) => () => number;

const MACHINES: Record<string, Machine> = {
  'always of two minds': (random) => () => 1 + 0.2 * (random.next() - 0.5),
  'whose neighbour now and then takes half of it': (random) => () =>
    (1 + 0.2 * (random.next() - 0.5)) * (random.next() < 0.15 ? 0.5 : 1),
  'whose neighbour comes and stays': (random) => {
    let left = 1;
    return () => {
      if (random.next() < 0.15) left = random.next() < 0.5 ? 1 : 0.4;
      return left * (1 + 0.1 * (random.next() - 0.5));
    };
  },
  'that gets slower and slower': (random) => {
    let speed = 1;
    return () => (speed *= 0.95 + 0.02 * random.next());
  },
};

const SESSIONS = 4_000;
const randoms = (label: string): Random[] =>
  Array.from({ length: SESSIONS }, (_, i) => seededRandom(seed).fork(`${label} ${i}`));
/** What an interval that contains the truth in 95 of 100 sessions does, four standard errors allowed. */
const KEPT = 0.95 * SESSIONS - 4 * Math.sqrt(0.95 * 0.05 * SESSIONS);

describe('the ratio of a strategy to itself', () => {
  const machines = Object.entries(MACHINES).flatMap(([name, machine]) =>
    [6, 10, 15].map((rounds) => [rounds, name, machine] as const),
  );

  test.each(machines)(
    'over %i rounds contains 1 in 95 of 100 sessions, on a machine %s',
    async (n, name, machine) => {
      const sessions = await Promise.all(randoms(name).map((random) => session(n, machine, random, random)));
      const kept = sessions.filter(([one, same]) => !differs(pairedRatio(one, same)));
      expect(kept.length).toBeGreaterThanOrEqual(KEPT);
    },
  );

  test('would not by a bootstrap, which the same sessions catch', async () => {
    const machine = MACHINES['whose neighbour now and then takes half of it']!;
    const missed = await Promise.all(
      randoms('bootstrap').map(async (random) => {
        const [one, same] = await session(6, machine, random, random);
        return bootstrapMisses(
          one.map((value, i) => value / same[i]!),
          random,
        );
      }),
    );
    expect(missed.filter((miss) => !miss).length).toBeLessThan(KEPT);
  });

  test('would not if all rounds were in the same order, on a machine that gets slower', async () => {
    const machine = MACHINES['that gets slower and slower']!;
    const sessions = await Promise.all(
      randoms('in order').map((random) => session(10, machine, random, inOrder)),
    );
    const kept = sessions.filter(([one, same]) => !differs(pairedRatio(one, same)));
    expect(kept.length).toBeLessThan(KEPT);
  });
});

describe('an interval', () => {
  test.each([5, 8])('of the ratio of two sessions of %i trials contains 1 in 95 of 100 cases', (n) => {
    const kept = randoms('unpaired').filter((random) => {
      const [one, same] = [times(n, neighbour(random)), times(n, neighbour(random))];
      return !differs(unpairedRatio(one, same));
    });
    expect(kept.length).toBeGreaterThanOrEqual(KEPT);
  });

  test.each([6, 10])('of the median of %i trials contains what half of all trials exceed, likewise', (n) => {
    // Skewed: half of all values exceed 1.
    const kept = randoms('median').filter((random) => {
      const { low, high } = medianInterval(times(n, () => -Math.log2(1 - random.next())));
      return low! <= 1 && high! >= 1;
    });
    expect(kept.length).toBeGreaterThanOrEqual(KEPT);
  });

  test('is narrow enough to show a difference where there is one', async () => {
    const sessions = randoms('faster').slice(0, 100);
    const found = sessions.filter((random) => {
      const machine = neighbour(random);
      const ratio = pairedRatio(
        times(10, () => 2 * machine()),
        times(10, machine),
      );
      return differs(ratio) && ratio.low! > 1;
    });
    expect(found.length).toBeGreaterThanOrEqual(85);
  });

  test('is not drawn from fewer than six trials, which could not bear it', () => {
    expect(medianInterval([1, 2, 3, 4])).toEqual({ median: 2.5, low: null, high: null });
    expect(medianInterval([1, null, 3, 4, 5, 2])).toEqual({ median: 3, low: null, high: null });
    expect(medianInterval([5, 1, 4, 2, 3, 6])).toEqual({ median: 3.5, low: 1, high: 6 });
    expect(pairedRatio([1, 2, 3, 4, 5], [1, 1, 1, 1, 1])).toMatchObject({ low: null, high: null });
    expect(pairedRatio([], [])).toEqual({ median: null, low: null, high: null });
    expect(differs({ median: 2, low: null, high: null })).toBe(false);
  });

  test('does not blame a strategy for a round in which everything was slow', () => {
    const slow = [1, 1, 0.2, 1, 0.1, 1];
    const ratio = pairedRatio(
      slow.map((speed) => 3 * speed),
      slow,
    );
    for (const value of Object.values(ratio)) expect(value).toBeCloseTo(3);
  });
});

describe('chance', () => {
  test.each([1, 2, 5, 9])('over %i coins is what all ways in which they can fall come to', (coins) => {
    const weights = Array.from({ length: coins }, (_, i) => i + 1);
    const sums = Array.from({ length: 2 ** coins }, (_, heads) =>
      weights.reduce((sum, weight, i) => sum + (heads & (1 << i) ? weight : 0), 0),
    );
    expectShares(coinSums(weights), sums);
  });

  test.each([
    [1, 1],
    [2, 3],
    [4, 4],
    [5, 3],
  ])('of %i among %i others is what all their orders come to', (ones, others) => {
    const places = ones + others;
    const orders = Array.from({ length: 2 ** places }, (_, order) =>
      Array.from({ length: places }, (__, i) => (order >> i) & 1),
    ).filter((order) => order.filter((is) => is === 1).length === ones);
    const wrong = orders.map((order) =>
      order.reduce((sum, is, i) => sum + is * order.slice(0, i).filter((before) => before === 0).length, 0),
    );
    expectShares(wrongPairs(ones, others), wrong);
  });
});

function expectShares(chances: Float64Array, outcomes: readonly number[]): void {
  const share = (value: number): number =>
    outcomes.filter((outcome) => outcome === value).length / outcomes.length;
  for (const [value, chance] of chances.entries()) expect(chance).toBeCloseTo(share(value), 12);
  expect(Math.max(...outcomes)).toBe(chances.length - 1);
}

/** Two that are equally fast, measured in turns while the machine does what it does. */
async function session(
  rounds: number,
  machine: Machine,
  random: Random,
  order: Random,
): Promise<[number[], number[]]> {
  const speed = machine(random);
  const both: [number[], number[]] = [[], []];
  const measured = both.map((values, i) => ({
    name: String(i),
    measure: async () => void values.push(speed()),
  }));
  await runRounds(measured, rounds, order);
  return both;
}

/** Never exchanges anything. */
const inOrder = { below: (n: number) => n - 1 } as Random;

/** The percentile bootstrap of the mean. */
function bootstrapMisses(values: readonly number[], random: Random): boolean {
  const mean = (): number =>
    values.reduce((sum) => sum + Math.log(values[random.below(values.length)]!), 0) / values.length;
  const means = Array.from({ length: 200 }, mean).toSorted((a, b) => a - b);
  return means[4]! > 0 || means[194]! < 0;
}

const neighbour = (random: Random): (() => number) =>
  MACHINES['whose neighbour now and then takes half of it']!(random);
const times = (count: number, value: () => number): number[] => Array.from({ length: count }, () => value());
