import { expect, test } from 'vitest';
import { OpenLoop } from '../../harness/load/open-loop.ts';

test('an open loop counts as waited what it spent with nobody to serve, and no more than passed', async () => {
  const due = [500, 1_000];
  let nowNs = 0;
  const served: [number, number][] = [];
  const loop = new OpenLoop({
    next: () => due.shift() ?? Infinity,
    slots: 1,
    // The clock counts looks at it, so that no machine's speed decides.
    now: () => (nowNs += 10),
    stopped: () => false,
    purchase: (_slot, intendedNs, noticedNs) => {
      served.push([intendedNs, noticedNs]);
      return Promise.resolve();
    },
  });
  await loop.run();
  expect(served.map(([intendedNs]) => intendedNs)).toEqual([500, 1_000]);
  for (const [intendedNs, noticedNs] of served) expect(noticedNs - intendedNs).toBeLessThan(50);
  // Most of the time: it had two buyers, and served each at once.
  expect(loop.waitedNs).toBeGreaterThan(nowNs / 2);
  expect(loop.waitedNs).toBeLessThanOrEqual(nowNs);
});
