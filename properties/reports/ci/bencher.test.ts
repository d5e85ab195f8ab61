import { expect, test } from 'vitest';
import { z } from 'zod';
import type { BenchRow } from '../../../harness/documents/figures.ts';
import { bencher, isBencher } from '../../../reports/ci/bencher.ts';
import { asFile } from '../../../harness/documents/write-file.ts';
import { measuredResult } from '../../helpers/measured-result.ts';

/** As Bencher publishes it: https://bencher.dev/bmf.json */
const metric = z.strictObject({
  value: z.number(),
  lower_value: z.number().optional(),
  upper_value: z.number().optional(),
});
const format = z.record(z.string().min(1).max(1024), z.record(z.string().min(1).max(64), metric));

const { cost: made } = measuredResult().strategies.find(({ name }) => name === 'fast')!;

const row = (some: Partial<BenchRow>): BenchRow => ({
  ...(made as BenchRow),
  salesPerSecond: { median: 3_000, low: 2_900, high: 3_100 },
  responseMs: { count: 2_304, p50: 1.5, p90: 2, p99: 8, p999: null, max: 900 },
  arrivals: null,
  inFlight: 64,
  ...some,
});

const poisson = { profile: 'poisson', ratePerSecond: 50 } as const;
const sweep = {
  strategy: 'fast',
  target: { percentile: 'p99', ms: 5 },
  capacity: 3_000,
  highestRate: 2_100,
  points: [],
} as const;

test('figures have the form of Bencher, with their interval and in its units', () => {
  const told = bencher({
    strategies: [row({ commandsPerSale: 2, retriesPerSale: 0 })],
    sweeps: [{ ...sweep, points: [] }],
  });
  expect(format.parse(told)).toEqual(told);
  expect(told).toEqual({
    'oversell bench fast, 64 in flight': {
      throughput: { value: 3_000, lower_value: 2_900, upper_value: 3_100 },
      latency: { value: 1.5e6 },
      'latency-p99': { value: 8e6 },
      'commands-per-sale': { value: 2 },
      'round-trips-per-sale': { value: made!.roundTripsPerSale },
      'retries-per-sale': { value: 0 },
    },
    'oversell bench fast, p99 within 5 ms': { throughput: { value: 2_100 } },
  });
});

test('two loads are two benchmarks', () => {
  const names = [row({}), row({ inFlight: 128 }), row({ arrivals: poisson })].flatMap((one) =>
    Object.keys(bencher({ strategies: [one] })),
  );
  expect(new Set(names).size).toBe(3);
});

test('what was not measured, was skipped or does not hold has no figure', () => {
  const nothing = { median: null, low: null, high: null };
  const unmeasured = bencher({ strategies: [row({ salesPerSecond: nothing, commandsPerSale: null })] });
  expect(Object.keys(Object.values(unmeasured)[0]!)).toEqual(
    expect.not.arrayContaining(['throughput', 'commands-per-sale']),
  );
  expect(
    bencher({
      strategies: [row({ verdict: 'violated' }), { strategy: 'newer', skipped: 'needs INCREX' }],
      sweeps: [{ ...sweep, points: [] }],
    }),
  ).toEqual({});
  expect(bencher({ strategies: [row({})], sweeps: [{ ...sweep, highestRate: null, points: [] }] })).toEqual(
    bencher({ strategies: [row({})] }),
  );
});

test('a file of its own is written again, and nobody else’s', () => {
  expect(isBencher(asFile(bencher({ strategies: [row({})] })))).toBe(true);
  expect(isBencher(asFile(bencher({ strategies: [] })))).toBe(true);
  for (const text of ['', 'no JSON', 'null', '[]', '{}', '{"their bench": {"latency": {"value": 1}}}'])
    expect(isBencher(text)).toBe(false);
});
