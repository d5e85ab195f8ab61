import { describe, expect, test } from 'vitest';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { decrementThenCheck } from '../../strategies/decrement-then-check.ts';
import { leasedUnits } from '../../strategies/leased-units.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { tokenList } from '../../strategies/token-list.ts';
import { exploring, properties, server, subject } from '../helpers/exploring.ts';
import { overSockets, sorted, withoutReductions } from '../helpers/honest.ts';
import { rotating } from '../helpers/rotating.ts';

const redis = server();
const once = { buyers: 1, stock: 1, faults: { cancel: 1 } };
const twice = { ...once, releases: 1 };

describe('a buyer who cancels', () => {
  test('finds a release that gives back what was never taken, or twice', async () => {
    // Of one buyer alone without a ledger nobody knows what they hold after a release that came meanwhile.
    for (const scope of [
      { ...once, buyers: 2 },
      twice,
      { ...once, buyers: 2, faults: { cancel: 2 } },
      { buyers: 1, stock: 1, releases: 2 },
    ]) {
      const found = await exploring(redis.target, decrementThenCheck, scope, { auditSamples: 8 });
      expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
      expect(properties(found, 'violated')).toEqual(['oversell']);
      // One that gives back what a request has, and that once.
      const right = await exploring(redis.target, luaReserveOnce, scope, { auditSamples: 8 });
      expect(right.audit).toEqual({ replayed: 8, mismatches: [] });
      expect(right.coverage).toBe('exhausted');
      expect(properties(right, 'violated')).toEqual([]);
    }
  });

  test('gives back once, and after the sale, where nobody cancels', async () => {
    const found = await exploring(redis.target, decrementThenCheck, { buyers: 1, stock: 1, releases: 1 });
    expect(properties(found, 'violated')).toEqual([]);
  });

  test('is told in a counterexample, which real sockets confirm', async () => {
    const { properties: found } = await exploring(redis.target, decrementThenCheck, twice);
    const { counterexample } = found.oversell;
    expect(counterexample?.steps.map(({ actor, event }) => `${actor} ${event}`)).toContain('A cancel');
    const { result } = await replay(counterexample!, await subject(decrementThenCheck), redis.target);
    expect(result).toBe('confirmed');
  });

  test('is refused units that come back only after a purchase was asked for', async () => {
    const scope = { buyers: 2, stock: 1, restocks: 1, faults: { cancel: 1 } };
    const found = await exploring(redis.target, leasedUnits, scope, { auditSamples: 24 });
    expect(found.audit).toEqual({ replayed: 24, mismatches: [] });
  });
});

describe('the reduced search and its honest twins agree on buyers who cancel', () => {
  const walks = [
    { strategy: luaReserveOnce, scope: once },
    { strategy: decrementThenCheck, scope: twice },
    { strategy: tokenList, scope: { ...once, buyers: 2 } },
    { strategy: luaReserveOnce, scope: { ...once, buyers: 2, instances: 1 } },
    { strategy: decrementThenCheck, scope: { ...once, faults: { cancel: 1, crash: 1, retry: 1 } } },
  ];
  test.each(rotating(walks, 1, 'cancelling walks'))(
    '$strategy.name with $scope',
    async ({ strategy, scope }) => {
      const reduced = await exploring(redis.target, strategy, scope);
      const walked = await exploring(redis.target, strategy, scope, { merging: false });
      expect(sorted(walked.outcomes)).toEqual(sorted(reduced.outcomes));
      const unreduced = await withoutReductions(redis.target, await subject(strategy), scope);
      expect(sorted(unreduced)).toEqual(sorted(reduced.outcomes));
    },
  );

  const few = [tokenList, decrementThenCheck].map((strategy) => ({ strategy, scope: once }));
  test.each(rotating(few, 1, 'cancelling sockets'))(
    '$strategy.name over real sockets, with nothing reduced',
    async ({ strategy, scope }) => {
      const reduced = await exploring(redis.target, strategy, scope);
      const real = await overSockets(redis.target, await subject(strategy), scope, 2_000);
      expect(real.exhausted).toBe(true);
      expect(sorted(real.outcomes)).toEqual(sorted(reduced.outcomes));
      // A twin that never lets them cancel comes to other outcomes.
      const { faults: _none, ...calm } = scope;
      expect(sorted((await exploring(redis.target, strategy, calm)).outcomes)).not.toEqual(
        sorted(real.outcomes),
      );
    },
  );
});
