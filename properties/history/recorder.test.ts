import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Recorder } from '../../harness/history/recorder.ts';
import { mergeRecordings, timesOf, type Recording } from '../../harness/history/recording.ts';
import { crowdRequest, type Crowd } from '../../harness/load/buyers.ts';
import type { PurchaseOutcome } from '../../strategies/contract.ts';
import { seed } from '../helpers/seed.ts';

const crowd: Crowd = { tag: 't', users: 3, quantities: [1, 2] };
type End = PurchaseOutcome | 'rejected' | 'unknown' | 'never';
const outcomes = fc.constantFrom<End[]>(
  { kind: 'sold', remaining: 7 },
  { kind: 'sold' },
  { kind: 'sold-out' },
  { kind: 'limit-reached' },
  { kind: 'gave-up', attempts: 3 },
  'rejected',
  'unknown',
  'never',
);

describe('no recording ever differs from what was recorded', () => {
  test('whatever the instances did side by side', () => {
    const purchases = fc.array(fc.record({ instance: fc.nat(2), ns: fc.nat(5), outcome: outcomes }));
    fc.assert(
      fc.property(purchases, (list) => {
        const recorders = [new Recorder(), new Recorder(), new Recorder()];
        let now = 0;
        const expected = list.map(({ instance, ns, outcome }, i) => {
          const invoked = (now += ns + 1);
          const recorder = recorders[instance]!;
          const row = recorder.invoke(instance, i + 1, invoked);
          if (outcome === 'rejected' || outcome === 'unknown') {
            recorder.fail(row, outcome === 'rejected', invoked + ns);
          } else if (outcome !== 'never') recorder.complete(row, outcome, invoked + ns);
          return {
            process: instance,
            request: `r${i + 1}-t`,
            attempt: 1,
            user: `u${(i % 3) + 1}`,
            op: 'purchase',
            quantity: (i % 2) + 1,
            invoked,
            completed: outcome === 'never' ? Infinity : invoked + ns,
            outcome: typeof outcome === 'object' ? outcome.kind : outcome === 'never' ? 'unknown' : outcome,
            ...(typeof outcome === 'object' && 'remaining' in outcome && { remaining: outcome.remaining }),
          };
        });
        const merged = mergeRecordings(recorders.map(seal), (buyer) => crowdRequest(crowd, buyer));
        expect([...merged]).toEqual(expected);
      }),
      { seed },
    );
  });

  test('nor when it is longer than one piece, and it takes at most 64 bytes an operation', () => {
    const operations = 200_000;
    const recorder = new Recorder();
    for (let i = 0; i < operations; i++) {
      recorder.complete(recorder.invoke(0, i + 1, 2 * i), { kind: 'sold', remaining: i }, 2 * i + 1);
    }
    const recording = recorder.seal();
    const bytes = recording.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(bytes / operations).toBeLessThanOrEqual(64);
    const merged = mergeRecordings([recording], (buyer) => crowdRequest(crowd, buyer));
    expect(merged.length).toBe(operations);
    for (const i of [0, 65_535, 65_536, 131_072, operations - 1]) {
      expect(merged.at(i)).toMatchObject({ request: `r${i + 1}-t`, invoked: 2 * i, completed: 2 * i + 1 });
    }
  });

  test('nor when buyers come by themselves, over more than one piece of an open loop', () => {
    const recorder = new Recorder(true);
    const rows = Array.from({ length: 20_000 }, (_, i) => recorder.invoke(0, i + 1, 10 * i + 5));
    for (const row of rows) {
      recorder.arrived(row, 10 * row, 10 * row + 1);
      if (row !== 9_999) recorder.complete(row, { kind: 'sold-out' }, 10 * row + 9);
    }
    const times = [...timesOf([recorder.seal()])].map((timed) => ({ ...timed }));
    expect(times).toHaveLength(19_999);
    const last = { intendedNs: 199_990, noticedNs: 199_991, invokedNs: 199_995, completedNs: 199_999 };
    expect(times.at(-1)).toEqual(last);
  });

  test('nor by what completes after it was handed over', () => {
    const recorder = new Recorder();
    const row = recorder.invoke(0, 1, 5);
    const recording = recorder.seal();
    recorder.complete(row, { kind: 'sold' }, 6);
    const [operation] = mergeRecordings([recording], (buyer) => crowdRequest(crowd, buyer));
    expect(operation).toMatchObject({ outcome: 'unknown', completed: Infinity });
  });
});

const seal = (recorder: Recorder): Recording => recorder.seal();
