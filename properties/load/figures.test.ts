import * as fc from 'fast-check';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { Queue } from '../../harness/load/buyers.ts';
import { Failures } from '../../harness/load/failures.ts';
import { Durations } from '../../harness/load/response-time.ts';
import { bringToRest, type SaleAtRest, type FreshInstance } from '../../harness/load/final-count.ts';
import { figuresOf } from '../../harness/load/summary.ts';
import { OperationColumns } from '../../harness/history/columns.ts';
import { bottleneckOf } from '../../harness/load/usage.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import type { PurchaseOutcome, Seller } from '../../strategies/contract.ts';
import { seed } from '../helpers/seed.ts';

describe('percentiles', () => {
  test('never stray from the sorted values by more than a thousandth', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1_000, max: 5_000 }), (series, count) => {
        const random = seededRandom(series);
        const ns = Array.from({ length: count }, () => Math.ceil(10 ** (random.next() * 10)));
        const durations = new Durations();
        for (const value of ns) durations.record(value);
        const sorted = ns.toSorted((a, b) => a - b);
        const { p50, p90, p99, max } = durations.percentiles();
        for (const [found, share] of [
          [p50, 0.5],
          [p90, 0.9],
          [p99, 0.99],
          [max, 1],
        ] as const) {
          // Definitions of a percentile differ by one rank.
          const rank = Math.round(share * count);
          const ms = (place: number): number => sorted[Math.max(0, Math.min(count - 1, place))]! / 1e6;
          expect(found).toBeGreaterThanOrEqual(ms(rank - 2) * 0.999);
          expect(found).toBeLessThanOrEqual(ms(rank + 1) * 1.001);
        }
      }),
    );
  });

  test.each([
    [19, { p50: null, p90: null, p99: null, p999: null }],
    [20, { p50: 1, p90: null, p99: null, p999: null }],
    [999, { p50: 1, p90: 1, p99: null, p999: null }],
    [10_000, { p50: 1, p90: 1, p99: 1, p999: 1 }],
  ])('of %i values are told only as far as they carry', (count, expected) => {
    const durations = new Durations();
    for (let i = 0; i < count; i++) durations.record(1e6);
    for (const [name, value] of Object.entries(expected)) {
      const found = durations.percentiles()[name as 'p50'];
      if (value === null) expect(found).toBeNull();
      else expect(found).toBeCloseTo(value, 3);
    }
  });
});

test('buyers are dealt out so that each is served exactly once, whatever the order of serving', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 5 }), (buyers, instances) => {
      const queues = Array.from(
        { length: instances },
        (_, i) => new Queue({ tag: '', buyers, quantities: [1] }, i, instances),
      );
      const served = queues.flatMap((queue) => {
        const taken: number[] = [];
        for (let buyer = queue.take(); buyer !== 0; buyer = queue.take()) taken.push(buyer);
        return taken;
      });
      expect(served.toSorted((a, b) => a - b)).toEqual(Array.from({ length: buyers }, (_, i) => i + 1));
    }),
  );
});

test.each([
  [{ clientBusy: 0.5, machineBusy: 0.6, serverCpu: 0.5 }, 'none'],
  [{ clientBusy: 0.97, machineBusy: 0.6, serverCpu: 0.95 }, 'client'],
  [{ clientBusy: 0.6, machineBusy: 0.6, serverCpu: 0.98 }, 'server'],
  // The whole machine is in use, and the server has all that it can take of it.
  [{ clientBusy: 0.7, machineBusy: 0.99, serverCpu: 0.95 }, 'server'],
  // Nobody is at its limit, but there is no machine left.
  [{ clientBusy: 0.7, machineBusy: 0.99, serverCpu: 0.7 }, 'client'],
] as const)('%j: the bottleneck is %s', (usage, expected) => {
  expect(bottleneckOf(usage)).toBe(expected);
});

describe('the warm-up', () => {
  // One sale a millisecond in the first fifth of the time, and ten from then on.
  const sales = Array.from({ length: 8_200 }, (_, i) => (i < 200 ? i * 1e6 : 200e6 + (i - 200) * 1e5));
  const operations = OperationColumns.from(
    sales.map((at, i) => ({
      process: 0,
      op: 'purchase' as const,
      request: `r${i}`,
      user: `u${i}`,
      quantity: 1,
      attempt: 1,
      invoked: at,
      completed: at + 1,
      outcome: 'sold' as const,
    })),
  );

  test('of a closed loop is left out of its speed', () => {
    const { warmUpNs, salesPerSecond } = figuresOf(operations, [], 'closed');
    expect(warmUpNs).toBeGreaterThanOrEqual(0.19e9);
    expect(salesPerSecond).toBeCloseTo(10_000, -3);
  });

  test('of an open loop is not: its speed is that of the arrivals', () => {
    const { warmUpNs, salesPerSecond } = figuresOf(operations, [], 'open');
    expect(warmUpNs).toBe(0);
    expect(salesPerSecond).toBeCloseTo(8_200, -2);
  });
});

describe('at rest', () => {
  test.each([
    [0, { drained: 0, drainedBy: 'purchases' }],
    [-3, { drained: 0, drainedBy: 'purchases' }],
    [999, { drained: 999, drainedBy: 'purchases' }],
    [5_000, { drained: 5_000, drainedBy: 'remaining' }],
  ])('of %i units in the store, what can be bought is found: %j', async (stock, expected) => {
    expect(await atRest(store(stock))).toEqual({ rest: { recorded: null, ...expected }, failures: [] });
  });

  test('a store that says it is empty is not believed: what can be bought counts', async () => {
    const shy = store(40, { remaining: async () => 0 });
    expect((await atRest(shy)).rest).toMatchObject({ drained: 40, drainedBy: 'purchases' });
  });

  test('background work ends before the ledger is read, and the ledger before the draining', async () => {
    const order: string[] = [];
    let work = 3;
    const seller = store(1, {
      runJob: async () => {
        order.push('job');
        return work-- > 0 ? 'worked' : 'idle';
      },
      recorded: async () => {
        order.push('ledger');
        return [{ requestId: 'r1', userId: 'u1', quantity: 2 }];
      },
      close: async () => void order.push('close'),
    });
    const { rest } = await atRest({
      ...seller,
      purchase: async (...request) => {
        order.push('purchase');
        return seller.purchase(...request);
      },
    });
    expect(order.slice(0, 5)).toEqual(['job', 'job', 'job', 'job', 'ledger']);
    // It goes on while the rest is bought, because a purchase may need it.
    expect(order.slice(5).filter((what) => what !== 'job')).toEqual(['purchase', 'purchase', 'close']);
    expect(rest.recorded).toEqual([{ requestId: 'r1', userId: 'u1', quantity: 2 }]);
  });

  test('background work that never ends is an error that says so; what ends after as much is not', async () => {
    // 5 purchases, and a thousand passes to spare.
    expect((await atRest(worksFor(1_004))).rest).toMatchObject({ drained: 1 });
    await expect(atRest(worksFor(1_005))).rejects.toMatchObject({
      code: 'NEVER_IDLE',
      message: 'probe: runJob found work 1005 times in a row on a sale at rest of 5 purchases',
    });
  });

  test('nothing is claimed of a sale whose signal comes first, and nothing is waited for', async () => {
    const stop = new AbortController();
    const seller = store(5, {
      recorded: async () => [],
      runJob: () => {
        stop.abort();
        return new Promise(() => {});
      },
    });
    const patient = { graceMs: 3_600_000, signal: stop.signal };
    expect(await atRest(seller, patient)).toEqual({ rest: {}, failures: [] });
    // Now it is over before it begins, and what it throws meanwhile is nobody's.
    expect(await atRest(seller, patient)).toEqual({ rest: {}, failures: [] });
    await new Promise((resolve) => setImmediate(resolve));
  });

  test.each([
    ['throws', async (): Promise<PurchaseOutcome> => Promise.reject(new Error('down'))],
    ['never answers', async (): Promise<PurchaseOutcome> => new Promise(() => {})],
  ])('nothing is claimed to be left when the purchase %s', async (_how, purchase) => {
    const { rest, failures } = await atRest(store(5, { purchase }));
    expect(rest).toEqual({ recorded: null });
    expect(failures).toHaveLength(1);
  });
});

async function atRest(
  seller: Seller,
  differing: Partial<FreshInstance> = {},
): Promise<{ rest: SaleAtRest; failures: unknown[] }> {
  const failures = new Failures();
  const redis = {} as Redis; // the store is in memory
  const instance = {
    strategy: {
      name: 'probe',
      summary: '',
      connection: 'shared' as const,
      open: async () => {},
      seller: () => seller,
    },
    sale: { sku: 'p', stock: 5 },
    purchases: 5,
    lobby: redis,
    lent: redis,
    random: seededRandom(seed),
    maxAttempts: 1,
    graceMs: 200,
    ...differing,
  };
  return { rest: await bringToRest(instance, failures), failures: failures.list() };
}

/** One unit, and work for so many passes. */
const worksFor = (passes: number): Seller =>
  store(1, { runJob: async () => (passes-- > 0 ? 'worked' : 'idle') });

/** A store of so many units, in memory. */
const store = (stock: number, extra: Partial<Seller> = {}): Seller => ({
  purchase: async () => {
    if (stock <= 0) return { kind: 'sold-out' };
    stock--;
    return { kind: 'sold' };
  },
  remaining: async () => stock,
  ...extra,
});
