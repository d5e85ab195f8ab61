import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bench } from '../../harness/bench/session.ts';
import { benchResultSchema, type BenchRow } from '../../harness/documents/figures.ts';
import { OperationColumns } from '../../harness/history/columns.ts';
import { OUTCOMES } from '../../harness/documents/vocabulary.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { courseOf } from '../../harness/bench/course.ts';
import { roundTripMs } from '../../harness/bench/round-trip.ts';
import type { LoadRun } from '../../harness/load/summary.ts';
import { chosenStrategies } from '../../harness/loader/strategies.ts';
import { startServer } from '../../harness/redis/server.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { seed } from '../helpers/seed.ts';
import { thisServer } from '../helpers/this-server.ts';

const MS = 1e6;

/** One purchase of so many units, which took so long. */
const purchase = (
  invokedMs: number,
  tookMs: number,
  outcome: Operation['outcome'],
  quantity = 1,
): Operation => ({
  process: 0,
  request: 'r',
  attempt: 1,
  user: 'u',
  op: 'purchase',
  quantity,
  invoked: invokedMs * MS,
  completed: (invokedMs + tookMs) * MS,
  outcome,
});

/** As the driver would tell it of those operations. */
function runOf(operations: readonly Operation[], stock: number): LoadRun {
  const ends = operations.map(({ completed }) => completed).filter((ns) => ns < Infinity);
  const sold = operations.filter(({ outcome }) => outcome === 'sold');
  const told: Partial<LoadRun> = {
    history: { sale: { sku: 's', stock }, operations: OperationColumns.from(operations) },
    elapsedNs: Math.max(0, ...ends),
    sellingNs: Math.max(0, ...sold.map(({ completed }) => completed)),
    outcomes: Object.fromEntries(
      OUTCOMES.map((name) => [name, operations.filter(({ outcome }) => outcome === name).length]),
    ) as LoadRun['outcomes'],
    salesPerSecond: null,
    refusalsPerSecond: null,
  };
  return told as LoadRun;
}

describe('the course of a sale', () => {
  const operations = fc.array(
    fc
      .tuple(
        fc.integer({ min: 0, max: 1_000 }),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom('sold', 'sold-out', 'limit-reached', 'gave-up', 'unknown'),
        fc.integer({ min: 1, max: 3 }),
      )
      .map(([at, took, outcome, quantity]) => purchase(at, took, outcome, quantity)),
    { minLength: 1, maxLength: 200 },
  );

  test('accounts for every purchase and every unit exactly once', () => {
    fc.assert(
      fc.property(operations, (all) => {
        const { windows, outcomes } = courseOf(runOf(all, 1_000));
        const total = (of: 'sold' | 'refused' | 'others'): number =>
          windows.reduce((sum, window) => sum + window[of], 0);
        const units = all
          .filter(({ outcome }) => outcome === 'sold')
          .reduce((sum, one) => sum + one.quantity, 0);
        expect(total('sold')).toBe(units);
        expect(total('refused')).toBe(outcomes['sold-out'] + outcomes['limit-reached']);
        expect(total('others')).toBe(outcomes['gave-up'] + outcomes.unknown);
        expect(windows.at(-1)!.left).toBe(1_000 - units);
        for (const [i, { left, sold }] of windows.entries()) {
          expect(left).toBe((windows[i - 1]?.left ?? 1_000) - sold);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('a purchase that never ended is in no window, and is counted as unknown', () => {
    const open = { ...purchase(1, 1, 'unknown'), completed: Infinity };
    const { windows, outcomes } = courseOf(runOf([purchase(0, 5, 'sold'), open], 2));
    expect(windows.reduce((sum, { others }) => sum + others, 0)).toBe(0);
    expect(outcomes.unknown).toBe(1);
  });

  test('keeps the waiting of those who still could buy apart from that of those who could not', () => {
    const selling = Array.from({ length: 100 }, (_, i) => purchase(i, 10, 'sold'));
    const drain = Array.from({ length: 100 }, (_, i) => purchase(500 + i, 2, 'sold-out'));
    const { sellingResponseMs, drainResponseMs } = courseOf(runOf([...selling, ...drain], 100));
    expect(sellingResponseMs).toMatchObject({ count: 100 });
    expect(sellingResponseMs.p50).toBeCloseTo(10, 1);
    expect(drainResponseMs.p50).toBeCloseTo(2, 1);
  });
});

describe('what is measured at capacity', () => {
  let target: RedisTarget;
  beforeAll(async () => {
    target = await startServer(await thisServer());
  });
  afterAll(() => target.close());

  test('a sale is sold to its end, rates below the capacity are offered, and none to who oversells', async () => {
    const chosen: string[] = [];
    const result = await bench({
      target,
      seed,
      strategies: await chosenStrategies(['read-then-write', 'lua-decrement']),
      seconds: 0.3,
      inFlight: 8,
      sellOutSeconds: 0.6,
      offer: {
        profile: 'constant',
        choose: (rows) => {
          chosen.push(...rows.map(({ strategy }) => strategy));
          return [...chosen, 'read-then-write'];
        },
      },
    });
    expect(benchResultSchema.parse(result)).toEqual(result);
    // Figures of who oversells are void: nobody is even asked for them.
    expect(chosen).toEqual(['lua-decrement']);
    expect(result.courses.map(({ strategy }) => strategy)).toEqual(['lua-decrement']);
    const [course] = result.courses;
    // Whether the machine was quick enough to come to the end is its affair; nothing may go missing.
    expect(course!.outcomes.sold + course!.windows.at(-1)!.left).toBe(course!.stock);
    expect(course!.sellingMs).toBeLessThanOrEqual(course!.elapsedMs);
    expect(result.offered.map(({ strategy }) => strategy)).toEqual(['lua-decrement']);
    const { capacity, points } = result.offered[0]!;
    expect(points.map(({ ratePerSecond }) => Math.round((100 * ratePerSecond) / capacity))).toEqual([
      20, 35, 50, 65, 80, 95,
    ]);
    const row = result.strategies.find((one) => one.strategy === 'lua-decrement') as BenchRow;
    expect(row.salesPerSecond.median).toBe(capacity);
  });

  test('without being asked for, nothing of it is measured', async () => {
    const strategies = await chosenStrategies(['lua-decrement']);
    const options = { target, seed, strategies, seconds: 0.1, inFlight: 2 };
    expect(await bench(options)).toMatchObject({ courses: [], offered: [], sweeps: [] });
  });

  test('a round trip takes time, and far less than a second', async () => {
    const ms = await roundTripMs(target);
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThan(1_000);
  });
});
