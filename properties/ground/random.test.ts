import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../harness/ground/random.ts';

const SERIES = 2_000;
const PARTS = 10;

/** Chi-squared of draw number `at` over many streams; of ten parts, above 40 once in 100 000 times. */
function unevenness(at: number, stream: (i: number) => { next(): number }): number {
  const counts = Array<number>(PARTS).fill(0);
  for (let i = 0; i < SERIES; i++) {
    const random = stream(i);
    for (let skipped = 1; skipped < at; skipped++) random.next();
    counts[Math.floor(random.next() * PARTS)]!++;
  }
  const expected = SERIES / PARTS;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe.each([1, 2, 3, 4])('draw %i', (at) => {
  test('of seeds that follow each other is spread evenly', () => {
    expect(unevenness(at, (i) => seededRandom(i))).toBeLessThan(40);
  });

  test('of labels that end otherwise is, too', () => {
    expect(unevenness(at, (i) => seededRandom(1).fork(`instance ${i}`))).toBeLessThan(40);
  });
});

test('streams of neighbours are no neighbours', () => {
  const distances = Array.from({ length: SERIES }, (_, i) =>
    Math.abs(seededRandom(i).next() - seededRandom(i + 1).next()),
  );
  // Of two independent numbers between 0 and 1 it is a third.
  const mean = distances.reduce((sum, one) => sum + one) / SERIES;
  expect(mean).toBeGreaterThan(0.3);
  expect(mean).toBeLessThan(0.37);
});

test('the same seed and label draw the same, whatever was drawn before', () => {
  const [one, other] = [seededRandom(5), seededRandom(5)];
  other.next();
  const draws = [one, other].map((random) => {
    const fork = random.fork('label');
    return [fork.next(), fork.below(7), fork.next()];
  });
  expect(draws[0]).toEqual(draws[1]);
  expect(seededRandom(5).fork('label').next()).not.toBe(seededRandom(6).fork('label').next());
});

test('the check bites: numbers that lie near each other are uneven', () => {
  expect(unevenness(1, (i) => ({ next: () => 0.5 + i / SERIES / 10 }))).toBeGreaterThan(40);
});
