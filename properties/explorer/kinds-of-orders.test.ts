import { describe, expect, test } from 'vitest';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { properties, server } from '../helpers/exploring.ts';
import { exploringProbe, probeSubject } from '../helpers/probe-files.ts';

const redis = server();
const calm = { buyers: 2, stock: 1 };

describe('what Redis lists in no order is told in every order that matters', () => {
  test.each([
    'first-of-a-set',
    'first-while-it-lasts',
    'first-of-fields',
    'first-of-a-hash',
    'first-of-a-scan',
    'first-of-a-transaction',
  ])('%s is caught, and its counterexample is confirmed over real sockets', async (name) => {
    const probe = ['orders', name] as const;
    const found = await exploringProbe(redis.target, probe, calm, { auditSamples: 8 });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toContain('oversell');
    expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
    const { counterexample } = found.properties.oversell;
    const again = await replay(counterexample!, await probeSubject(probe), redis.target);
    expect(again.result).toBe('confirmed');
  });

  test('a search that tells them in one order passes the mistake', async () => {
    const found = await exploringProbe(redis.target, ['orders', 'first-of-a-set'], calm, {
      rules: { orders: false },
    });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
  });

  test('merging equal states changes neither their count nor what they come to', async () => {
    const reduced = await exploringProbe(redis.target, ['orders', 'first-of-a-set'], calm);
    const walked = await exploringProbe(redis.target, ['orders', 'first-of-a-set'], calm, { merging: false });
    expect(walked.interleavings).toBe(reduced.interleavings);
    expect([...walked.outcomes].toSorted()).toEqual([...reduced.outcomes].toSorted());
  });

  test.each([
    'sorts-a-set',
    'sorts-many',
    'sorts-fields',
    'sorts-a-hash',
    'zips-fields-and-values',
    'zips-them-backwards',
  ])('%s is spared, and has no more interleavings for it', async (name) => {
    const found = await exploringProbe(redis.target, ['orders', name], calm, { auditSamples: 8 });
    const without = await exploringProbe(redis.target, ['orders', name], calm, {
      rules: { orders: false },
    });
    expect(found.notes).toEqual([]);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
    expect(found.interleavings).toBe(without.interleavings);
    expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
  });

  test.each([
    ['first-of-many', /depends on the order in which SMEMBERS lists 5 members/],
    ['scans-in-pages', /SCAN answers in several pages/],
  ])('%s is refused by name', async (name, message) => {
    await expect(exploringProbe(redis.target, ['orders', name], calm)).rejects.toThrow(message);
  });
});

describe('a script that lists what has no order', () => {
  test.each([
    ['first-in-a-script', /script calls SMEMBERS, and does or answers something else/],
    ['field-in-a-script', /script calls HKEYS/],
    ['many-in-a-script', /script calls SMEMBERS/],
    ['scan-in-a-script', /script calls SSCAN/],
    ['first-in-a-function', /script calls SMEMBERS/],
  ])('%s is refused by name', async (name, message) => {
    await expect(exploringProbe(redis.target, ['orders', name], calm)).rejects.toThrow(message);
  });

  test.each(['sorts-in-a-script', 'counts-in-a-script', 'sorts-in-a-function'])(
    '%s is spared',
    async (name) => {
      const found = await exploringProbe(redis.target, ['orders', name], calm, { auditSamples: 8 });
      expect(found.coverage).toBe('exhausted');
      expect(properties(found, 'violated')).toEqual([]);
      expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
    },
  );

  test('passes where nobody asks for another order', async () => {
    const found = await exploringProbe(redis.target, ['orders', 'first-in-a-script'], calm, {
      rules: { orders: false },
    });
    expect(found.coverage).toBe('exhausted');
  });
});
