import { test } from 'vitest';
import { seededRandom } from '../../harness/ground/random.ts';
import { seed } from './seed.ts';

/** Whether everything is asked for (`npm run verify`) instead of the part that this run's seed draws. */
export const everything = process.env['OVERSELL_EVERYTHING'] === '1';

/**
 * A part of the cases that the run's seed draws, so that many runs cover all of them and each stays short.
 *
 * @param count how many at most
 * @param label keeps the draws of different lists apart
 */
export function rotating<T>(items: readonly T[], count: number, label: string): T[] {
  if (everything || items.length <= count) return [...items];
  const random = seededRandom(seed).fork(label);
  const left = items.map((_, i) => i);
  const drawn = Array.from({ length: count }, () => left.splice(random.below(left.length), 1)[0]!);
  return drawn.toSorted((a, b) => a - b).map((i) => items[i]!);
}

/**
 * As `test`, for what takes seconds: one run in three has it, as the seed draws by its title. In the others it is counted as skipped,
 * so that it is seen what a run did without, and that a suite of such tests alone is not one without tests.
 */
export function sometimes(title: string, body: () => Promise<void>, timeoutMs?: number): void {
  test.runIf(everything || seededRandom(seed).fork(title).below(3) === 0)(title, body, timeoutMs);
}

/** A third of the cases, rounded up. */
export const thirdOf = <T>(items: readonly T[], label: string): T[] =>
  rotating(items, Math.ceil(items.length / 3), label);
