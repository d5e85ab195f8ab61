import { describe, expect, test } from 'vitest';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { exploring, properties, server } from '../helpers/exploring.ts';
import { caughtAndSpared, exploringProbe, type Pair } from '../helpers/probe-files.ts';
import { thirdOf } from '../helpers/rotating.ts';

const redis = server();

describe('who is who', () => {
  test.each([
    { strategy: luaDecrement, scope: { buyers: 7, stock: 2 } },
    { strategy: luaDecrement, scope: { buyers: 9, stock: 3 } },
    { strategy: watchRetry, scope: { buyers: 7, stock: 1, attempts: 1 } },
  ])(
    '$strategy.name with $scope.buyers buyers is audited without a mismatch',
    async ({ strategy, scope }) => {
      const found = await exploring(redis.target, strategy, scope, { auditSamples: 16 });
      expect(found.notes).toEqual([]);
      expect(found.coverage).toBe('exhausted');
      expect(properties(found, 'violated')).toEqual([]);
      expect(found.audit).toEqual({ replayed: 16, mismatches: [] });
    },
  );

  test('seven buyers who look and then take are caught, and their outcomes are those of real sockets', async () => {
    const scope = { buyers: 7, stock: 6 };
    const found = await exploring(redis.target, readThenWrite, scope, { auditSamples: 16 });
    expect(properties(found, 'violated')).toContain('oversell');
    expect(found.audit).toEqual({ replayed: 16, mismatches: [] });
  });

  caughtAndSpared(redis, {
    file: 'names',
    wrong: 'strikes-the-first',
    right: 'thanks-the-first',
    scope: { buyers: 3, stock: 1 },
    property: 'lost-sale',
  });

  // The one who stands in for all takes rightly; only under another's name does the mistake show.
  caughtAndSpared(redis, {
    file: 'names',
    wrong: 'some-look-and-take',
    right: 'some-take-elsewhere',
    scope: { buyers: 3, stock: 1 },
    rule: 'renamingCheck',
  });

  test.each(['first-by-name', 'some-look-and-take', 'strikes-the-first', 'each-itself'])(
    '%s: nothing that merging buyers does loses an outcome',
    async (name) => {
      const scope = { buyers: 2, stock: name === 'strikes-the-first' ? 1 : 2 };
      const found = await exploringProbe(redis.target, ['names', name], scope);
      const walked = await exploringProbe(redis.target, ['names', name], scope, { merging: false });
      expect(found.reductions.symmetry).toBe(name === 'each-itself');
      expect([...found.outcomes].toSorted()).toEqual([...walked.outcomes].toSorted());
    },
  );

  test('members of one score are in the order of their names: a search that does not check it loses outcomes', async () => {
    const scope = { buyers: 2, stock: 2 };
    const probe = ['names', 'first-by-name'] as const;
    const found = await exploringProbe(redis.target, probe, scope);
    const without = await exploringProbe(redis.target, probe, scope, { rules: { renamingCheck: false } });
    expect([...without.outcomes].toSorted()).not.toEqual([...found.outcomes].toSorted());
  });
});

const oneProcess = { buyers: 2, stock: 1, instances: 1 };

describe('what time it is', () => {
  const pairs: Pair[] = [
    {
      file: 'pauses',
      wrong: 'watches-over-a-pause',
      right: 'compares-after-a-pause',
      scope: { buyers: 2, stock: 1, attempts: 1, faults: { 'lost-request': 1 } },
      rule: 'separateDelivery',
    },
    {
      file: 'pauses',
      wrong: 'looks-pauses-takes',
      right: 'pauses-looks-takes',
      scope: oneProcess,
    },
    {
      file: 'pauses',
      wrong: 'clears-after-the-answer',
      right: 'clears-in-the-tick',
      scope: { buyers: 1, stock: 2 },
      property: 'stranded',
    },
    { file: 'pauses', wrong: 'one-look-for-all', right: 'one-take-for-each', scope: oneProcess },
    { file: 'pauses', wrong: 'unref-gives-back', right: 'unref-is-cleared', scope: { buyers: 2, stock: 1 } },
    {
      file: 'pauses',
      wrong: 'immediate-gives-back',
      right: 'immediate-is-cleared',
      scope: { buyers: 2, stock: 1 },
    },
    { file: 'pauses', wrong: 'immediate-gives-back', right: 'immediate-is-cleared', scope: oneProcess },
  ];
  for (const pair of thirdOf(pairs, 'kinds 1')) caughtAndSpared(redis, pair);
});
