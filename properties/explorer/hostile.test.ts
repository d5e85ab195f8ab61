import { describe, expect, test } from 'vitest';
import { NONSENSES, type Nonsense } from '../../harness/documents/nonsense.ts';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { everyRealInterleaving } from '../../harness/explorer/sockets/unreduced.ts';
import type { Property, Strategy } from '../../strategies/contract.ts';
import { decrementThenCheck } from '../../strategies/decrement-then-check.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { exploring, properties, scopeOf, server, subject, type GivenScope } from '../helpers/exploring.ts';
import { sorted } from '../helpers/honest.ts';
import * as commandProbes from '../helpers/probes/commands.ts';
import * as processProbes from '../helpers/probes/process.ts';
import * as sellingProbes from '../helpers/probes/selling.ts';

const redis = server();
const twice = { faults: { repeat: 1 } };

describe('requests that make no sense', () => {
  const careless: Record<Nonsense, Property[]> = {
    'quantity-zero': ['oversell'],
    // It also leaves a unit more for sale than there is.
    'quantity-negative': ['oversell'],
    // Redis refuses to decrement by half a unit, with an error that proves nothing to the caller.
    'quantity-fractional': ['progress'],
    'quantity-beyond-2^53': ['false-refusal'],
    'request-id-empty': ['oversell'],
    'user-id-empty': ['oversell'],
  };

  test.each(NONSENSES)(
    '%s: refused as such by a strategy that looks, and missed by none that does not',
    async (nonsense) => {
      const scope = { buyers: 1, stock: 2, nonsense };
      const checked = await exploring(redis.target, luaDecrement, scope, { auditSamples: 2 });
      expect(checked.coverage).toBe('exhausted');
      expect(checked.audit.mismatches).toEqual([]);
      expect(properties(checked, 'violated')).toEqual([]);
      const found = await exploring(redis.target, sellingProbes.looksAtNothing, scope, { auditSamples: 2 });
      expect(found.audit.mismatches).toEqual([]);
      expect(properties(found, 'violated')).toEqual(careless[nonsense]);
      const { counterexample } = found.properties[careless[nonsense][0]!];
      const again = await replay(counterexample!, await subject(sellingProbes.looksAtNothing), redis.target);
      expect(again.result).toBe('confirmed');
    },
  );
});

describe('the same request twice at once', () => {
  test('sells twice without a memory of requests, and once with it', async () => {
    const scope = { buyers: 2, stock: 2, instances: 1, ...twice };
    const forgetful = await exploring(redis.target, luaDecrement, scope, { auditSamples: 4 });
    expect(forgetful.audit.mismatches).toEqual([]);
    expect(properties(forgetful, 'violated')).toContain('double-sale');
    const remembering = await exploring(redis.target, luaReserveOnce, scope, { auditSamples: 4 });
    expect(remembering.coverage).toBe('exhausted');
    expect(remembering.audit.mismatches).toEqual([]);
    expect(properties(remembering, 'violated')).toEqual([]);
  });

  test('reaches another process, too: a memory of the process is none', async () => {
    const found = await exploring(redis.target, processProbes.remembersInItsProcess, {
      buyers: 1,
      stock: 2,
      ...twice,
    });
    expect(properties(found, 'violated')).toEqual(['double-sale']);
  });

  test('reaches the same process while the first is under way', async () => {
    const scope = { buyers: 2, stock: 2, instances: 1, ...twice };
    const { counterexample } = (await exploring(redis.target, luaDecrement, scope)).properties['double-sale'];
    expect(counterexample?.scope.buyers).toBe(1);
    expect((await replay(counterexample!, await subject(luaDecrement), redis.target)).result).toBe(
      'confirmed',
    );
  });

  test.each<[string, Strategy, GivenScope]>([
    ['on another process', readThenWrite, { buyers: 1, stock: 1, ...twice }],
    ['on the same one', decrementThenCheck, { buyers: 2, stock: 1, instances: 1, ...twice }],
  ])('%s: merging equal states changes neither the count nor the outcomes', async (_, strategy, scope) => {
    const reduced = await exploring(redis.target, strategy, scope, { auditSamples: 4 });
    expect(reduced.audit.mismatches).toEqual([]);
    const walked = await exploring(redis.target, strategy, scope, { merging: false });
    expect(walked.interleavings).toBe(reduced.interleavings);
    expect(sorted(walked.outcomes)).toEqual(sorted(reduced.outcomes));
  });

  test('comes to the same outcomes over real sockets, with nothing reduced at all', async () => {
    const scope = { buyers: 1, stock: 1, ...twice };
    const reduced = await exploring(redis.target, readThenWrite, scope);
    using _ = virtualGlobals();
    const memo = await ServerMemo.open(redis.target);
    const whole = await subject(readThenWrite);
    const real = await everyRealInterleaving(
      scopeOf(scope),
      { subject: whole, memo, target: redis.target },
      { most: 1_000 },
    );
    await memo.close();
    expect(real.exhausted).toBe(true);
    expect(sorted(real.outcomes)).toEqual(sorted(reduced.outcomes));
  });
});

describe('a restart', () => {
  test('without its data loses sales, and is known to where their units are for sale again', async () => {
    const scope = { buyers: 2, stock: 1 };
    const lost = await exploring(redis.target, decrementThenCheck, {
      ...scope,
      faults: { 'restart-without-aof': 1 },
    });
    expect(properties(lost, 'n/a')).toEqual(['user-limit']);
    const kept = await exploring(redis.target, decrementThenCheck, { ...scope, faults: { restart: 1 } });
    expect(properties(kept, 'n/a')).toEqual(['user-limit', 'lost-sale']);
    const ledger = await exploring(redis.target, luaReserveOnce, {
      ...scope,
      faults: { 'restart-without-aof': 1 },
    });
    expect(properties(ledger, 'violated')).toContain('lost-sale');
    const safe = await exploring(redis.target, luaReserveOnce, { ...scope, faults: { restart: 1 } });
    expect(safe.coverage).toBe('exhausted');
    expect(properties(safe, 'violated')).toEqual([]);
  });

  test('of the server is one history whatever the client draws for its reconnects', async () => {
    const found = await exploring(redis.target, commandProbes.touchesItsOwnWatch, {
      buyers: 1,
      stock: 1,
      faults: { restart: 1 },
    });
    expect(found.coverage).toBe('exhausted');
  });
});
