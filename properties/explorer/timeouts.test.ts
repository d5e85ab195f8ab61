import { describe, expect, test } from 'vitest';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { decrementThenCheck } from '../../strategies/decrement-then-check.ts';
import { functionDecrement } from '../../strategies/function-decrement.ts';
import { functionReserveOnce } from '../../strategies/function-reserve-once.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { soldAtOnce } from '../helpers/built-ins.ts';
import { exploring, properties, server, subject } from '../helpers/exploring.ts';
import { expectTwinsToAgree, overSockets, sorted } from '../helpers/honest.ts';
import { caughtAndSpared, exploringProbe, probeSubject, type Pair } from '../helpers/probe-files.ts';
import { thirdOf, rotating } from '../helpers/rotating.ts';

const redis = server();
const timeout = { faults: { timeout: 1 } };
const one = { buyers: 1, stock: 2, ...timeout };

test('a command that times out has run or runs later, and its unit is in doubt', async () => {
  const scope = { buyers: 2, stock: 1, ...timeout };
  const found = await exploring(redis.target, luaDecrement, scope, { auditSamples: 8 });
  expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
  expect(found.coverage).toBe('exhausted');
  expect(found.unspent).toBeUndefined();
  expect(properties(found, 'violated')).toEqual(['stranded']);
  const { counterexample } = found.properties.stranded;
  expect((await replay(counterexample!, await subject(luaDecrement), redis.target)).result).toBe('confirmed');
  const calm = await exploring(redis.target, luaDecrement, { buyers: 2, stock: 1 });
  expect(properties(calm, 'violated')).toEqual([]);
});

test('whoever remembers requests is asked again after a timeout, and holds', async () => {
  const scope = { buyers: 2, stock: 2, faults: { timeout: 2, retry: 1 } };
  const found = await exploring(redis.target, luaReserveOnce, scope, { auditSamples: 8 });
  expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
  expect(found.coverage).toBe('exhausted');
  expect(properties(found, 'violated')).toEqual([]);
  const other = await exploring(redis.target, luaDecrement, scope);
  expect(properties(other, 'violated')).toContain('double-sale');
});

describe('what times out', () => {
  const stranded = { but: ['stranded'] } as const;
  const batch = { file: 'timeouts', right: 'takes-in-a-batch', scope: one, ...stranded };
  const pairs: Pair[] = [
    { ...batch, wrong: 'fears-a-part' },
    { ...batch, wrong: 'fears-the-whole' },
    { ...batch, wrong: 'fears-the-rest' },
    {
      file: 'timeouts',
      wrong: 'bears-one-failure',
      right: 'bears-two-failures',
      scope: { ...one, buyers: 2, instances: 1 },
      ...stranded,
    },
    { file: 'timeouts', wrong: 'starts-carelessly', right: 'starts-or-not', scope: one, ...stranded },
    { file: 'timeouts', wrong: 'hears-no-reply', right: 'hears-its-own-reply', scope: one, ...stranded },
    { file: 'timeouts', wrong: 'asks-blindly', right: 'asks-once', scope: one, property: 'double-sale' },
  ];
  for (const pair of thirdOf(pairs, 'timeouts 1')) caughtAndSpared(redis, pair);

  test('is never a later command without those that were sent before it', async () => {
    const found = await exploringProbe(redis.target, ['timeouts', 'fears-disorder'], one);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual(['stranded']);
  });

  test('may wait for a connection', async () => {
    const named = ['timeouts', 'fears-a-broken-connection'] as const;
    const faults = { timeout: 1, 'lost-reply': 1 };
    const found = await exploringProbe(redis.target, named, { ...one, faults }, { auditSamples: 8 });
    expect(properties(found, 'violated')).toContain('oversell');
    expect(found.audit.mismatches).toEqual([]);
    expect(properties(await exploringProbe(redis.target, named, one), 'violated')).toEqual(['stranded']);
  });

  test('before it is sent is sent all the same, beside what is asked instead of it', async () => {
    const faults = { timeout: 1, restart: 1 };
    const named = ['timeouts', 'asks-once'] as const;
    const found = await exploringProbe(redis.target, named, { ...one, faults }, { auditSamples: 8 });
    expect(found.audit.mismatches).toEqual([]);
    expect(properties(found, 'violated')).toEqual([]);
    // One that asks before there is a connection.
    const real = await overSockets(redis.target, await probeSubject(named), { ...one, faults }, 500);
    expect(real.exhausted).toBe(true);
    expect([...real.violated]).toEqual([]);
    const blind = ['timeouts', 'asks-blindly'] as const;
    expect(properties(await exploringProbe(redis.target, blind, { ...one, faults }), 'violated')).toContain(
      'double-sale',
    );
  });

  test('passes no matter how often a heart beats meanwhile', async () => {
    const found = await exploringProbe(redis.target, ['time', 'beats'], one, { auditSamples: 6 });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual(['stranded']);
    expect(found.audit.mismatches).toEqual([]);
  });

  test("by a limit of the strategy's own passes in every sale, unpaid", async () => {
    const trusting = ['time', 'trusts-its-client'] as const;
    const found = await exploringProbe(redis.target, trusting, one, { auditSamples: 6 });
    expect(found.unspent).toBeUndefined();
    expect(found.audit.mismatches).toEqual([]);
    expect(properties(found, 'violated')).toContain('stranded');
    const calm = await exploringProbe(redis.target, trusting, { ...one, faults: {} });
    expect(properties(calm, 'violated')).toEqual(properties(found, 'violated'));
    const patient = ['time', 'trusts-a-patient-client'] as const;
    expect(properties(await exploringProbe(redis.target, patient, one), 'violated')).toContain('stranded');
    expect(
      properties(await exploringProbe(redis.target, patient, { ...one, faults: {} }), 'violated'),
    ).toEqual([]);
  });
});

describe('the reduced search and its honest twins agree on timeouts', () => {
  test.each(rotating(soldAtOnce, 2, 'timeouts'))('$name comes to the same outcomes', async (strategy) => {
    await expectTwinsToAgree(redis.target, strategy, { buyers: 2, stock: 1, ...timeout });
  });

  test('also with a retry on the same connection', async () => {
    await expectTwinsToAgree(redis.target, watchRetry, {
      buyers: 1,
      stock: 2,
      attempts: 1,
      faults: { timeout: 1, retry: 1 },
    });
  });
});

describe('over real sockets, with nothing reduced, timeouts come to the same outcomes', () => {
  const scope = { buyers: 1, stock: 1, ...timeout };
  const MOST_REAL = 3_000;

  test.each([functionDecrement, functionReserveOnce, decrementThenCheck, readThenWrite])(
    'of $name',
    async (strategy) => {
      const real = await overSockets(redis.target, await subject(strategy), scope, MOST_REAL);
      expect(real.exhausted).toBe(true);
      const reduced = await exploring(redis.target, strategy, scope);
      expect(sorted(real.outcomes)).toEqual(sorted(reduced.outcomes));
    },
  );

  test.each(['takes-in-a-batch', 'hears-its-own-reply', 'starts-carelessly'])('of %s', async (name) => {
    const real = await overSockets(redis.target, await probeSubject(['timeouts', name]), scope, MOST_REAL);
    expect(real.exhausted).toBe(true);
    const reduced = await exploringProbe(redis.target, ['timeouts', name], scope);
    expect(sorted(real.outcomes)).toEqual(sorted(reduced.outcomes));
  });
});
