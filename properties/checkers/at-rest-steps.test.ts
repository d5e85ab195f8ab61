import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drain, untilIdle } from '../../harness/checkers/at-rest-steps.ts';

const most = fc.integer({ min: 1, max: 50 });

describe('nothing that a strategy answers keeps a sale from coming to rest', () => {
  test('background work is asked until it is idle, and never more often than its bound', async () => {
    await fc.assert(
      fc.asyncProperty(most, fc.nat(100), async (bound, work) => {
        let passes = 0;
        const idle = await untilIdle(async () => ++passes > work, bound);
        expect({ idle, passes }).toEqual({ idle: work < bound, passes: Math.min(work + 1, bound) });
      }),
    );
  });

  test('fresh users buy until one gets none, each with a number of its own, and never more than the bound', async () => {
    await fc.assert(
      fc.asyncProperty(most, fc.nat(100), async (bound, stock) => {
        const buyers: number[] = [];
        const drained = await drain(async (n) => buyers.push(n) <= stock, bound);
        expect(drained).toBe(Math.min(stock, bound));
        expect(buyers).toEqual(Array.from({ length: Math.min(stock + 1, bound) }, (_, i) => i + 1));
      }),
    );
  });
});
