import { describe, expect, test } from 'vitest';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { decrementThenCheck } from '../../strategies/decrement-then-check.ts';
import { functionDecrement } from '../../strategies/function-decrement.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { soldAtOnce } from '../helpers/built-ins.ts';
import { exploring, properties, server, subject } from '../helpers/exploring.ts';
import * as commandProbes from '../helpers/probes/commands.ts';
import * as processProbes from '../helpers/probes/process.ts';
import * as sellingProbes from '../helpers/probes/selling.ts';
import { expectTwinsToAgree, overSockets, sorted } from '../helpers/honest.ts';
import { rotating } from '../helpers/rotating.ts';

const redis = server();
const lostReply = { faults: { 'lost-reply': 1 } };

describe('lost messages', () => {
  test('lua-decrement sells twice when its reply is lost and the client sends again', async () => {
    const found = await exploring(
      redis.target,
      luaDecrement,
      { buyers: 3, stock: 2, ...lostReply },
      { auditSamples: 8 },
    );
    expect(found.audit.mismatches).toEqual([]);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toContain('double-sale');
    const { counterexample } = found.properties['double-sale'];
    expect((await replay(counterexample!, await subject(luaDecrement), redis.target)).result).toBe(
      'confirmed',
    );
  });

  test('it strands the unit instead where the client does not send again', async () => {
    const scope = { buyers: 3, stock: 2, ...lostReply, client: 'no-resend' } as const;
    const found = await exploring(redis.target, luaDecrement, scope);
    expect(properties(found, 'violated')).toEqual(['stranded']);
  });

  test('where the client does not send again, the buyer asks again, and is served', async () => {
    const scope = {
      buyers: 1,
      stock: 2,
      faults: { 'lost-reply': 1, retry: 1 },
      client: 'no-retry',
    } as const;
    const found = await exploring(redis.target, luaDecrement, scope, { auditSamples: 5 });
    expect(found.audit).toEqual({ replayed: 5, mismatches: [] });
    expect(properties(found, 'violated')).toContain('double-sale');
    const remembering = await exploring(redis.target, luaReserveOnce, scope, { auditSamples: 5 });
    expect(remembering.audit).toEqual({ replayed: 5, mismatches: [] });
    expect(properties(remembering, 'violated')).toEqual([]);
  });

  test('watch-retry sends its batch again without the WATCH, and oversells', async () => {
    const found = await exploring(redis.target, watchRetry, { buyers: 2, stock: 1, ...lostReply });
    expect(properties(found, 'violated')).toContain('oversell');
    const { counterexample } = found.properties.oversell;
    expect((await replay(counterexample!, await subject(watchRetry), redis.target)).result).toBe('confirmed');
  });

  test('lua-reserve-once holds through a crash, a lost reply, a script flush and a retry', async () => {
    const faults = { crash: 1, 'lost-reply': 1, 'script-flush': 1, retry: 1 };
    const found = await exploring(
      redis.target,
      luaReserveOnce,
      { buyers: 2, stock: 1, faults },
      { auditSamples: 16 },
    );
    expect(found.coverage).toBe('exhausted');
    expect(found.audit).toEqual({ replayed: 16, mismatches: [] });
    expect(properties(found, 'violated')).toEqual([]);
    expect(properties(found, 'inconclusive')).toEqual([]);
    // The twin: one that remembers nobody does not hold through the same.
    const other = await exploring(redis.target, luaDecrement, { buyers: 2, stock: 1, faults });
    expect(properties(other, 'violated')).toEqual(expect.arrayContaining(['stranded', 'double-sale']));
  });
});

describe('time, units that come back, and background work', () => {
  test('a lock that expires while it is held oversells', async () => {
    const found = await exploring(redis.target, sellingProbes.unfencedLock, {
      buyers: 2,
      stock: 1,
      faults: { expire: 1 },
    });
    expect(properties(found, 'violated')).toContain('oversell');
    const calm = await exploring(redis.target, sellingProbes.unfencedLock, { buyers: 2, stock: 1 });
    expect(properties(calm, 'violated')).not.toContain('oversell');
  });

  test('a sold-out flag that stays after a release refuses falsely', async () => {
    const scope = { buyers: 3, stock: 1, instances: 1 };
    const found = await exploring(redis.target, processProbes.stickySoldOut, { ...scope, releases: 1 });
    expect(properties(found, 'violated')).toContain('false-refusal');
    const calm = await exploring(redis.target, processProbes.stickySoldOut, scope);
    expect(properties(calm, 'violated')).toEqual([]);
  });

  test('a counter that is put back to nothing swallows a restock', async () => {
    const found = await exploring(redis.target, sellingProbes.resetsToZero, {
      buyers: 2,
      stock: 1,
      restocks: 1,
    });
    expect(properties(found, 'violated')).toContain('stranded');
    const calm = await exploring(redis.target, sellingProbes.resetsToZero, { buyers: 2, stock: 1 });
    expect(properties(calm, 'violated')).not.toContain('stranded');
  });

  test('a seller that cannot be made without its product does not end the search', async () => {
    const scope = { buyers: 2, stock: 1, faults: { evict: 1 } };
    const found = await exploring(redis.target, decrementThenCheck, scope);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toContain('stranded');
    // Nobody can say how many units are left of a product that is gone.
    expect(found.properties.stranded.counterexample?.steps.map(({ stock }) => stock)).toContain(null);
    const calm = await exploring(redis.target, decrementThenCheck, { buyers: 2, stock: 1 });
    expect(properties(calm, 'violated')).toEqual([]);
  });

  test('every answer of env.pick is tried', async () => {
    const found = await exploring(
      redis.target,
      processProbes.choosesAWay,
      { buyers: 1, stock: 1 },
      { auditSamples: 8 },
    );
    expect(found.coverage).toBe('exhausted');
    expect(found.interleavings).toBe(3n);
    expect(found.audit.mismatches).toEqual([]);
    expect(properties(found, 'violated')).toEqual(['stranded', 'false-refusal']);
  });
});

describe('each rule is needed: with it the search is right, without it the search goes wrong', () => {
  test('a reply may be lost although its command ran', async () => {
    const scope = { buyers: 1, stock: 1, ...lostReply };
    expect(properties(await exploring(redis.target, functionDecrement, scope), 'violated')).toContain(
      'double-sale',
    );
    const without = await exploring(redis.target, functionDecrement, scope, {
      rules: { separateDelivery: false },
    });
    expect(properties(without, 'violated')).not.toContain('double-sale');
  });

  test('a batch is sent again only when none of its replies arrived', async () => {
    const scope = { buyers: 1, stock: 1, ...lostReply };
    expect(properties(await exploring(redis.target, watchRetry, scope), 'violated')).toContain('stranded');
    const without = await exploring(redis.target, watchRetry, scope, { rules: { replyPrefixes: false } });
    expect(properties(without, 'violated')).not.toContain('stranded');
  });

  test('a request may run after its sender has given it up', async () => {
    const scope = { buyers: 1, stock: 1, faults: { 'late-request': 1 } };
    expect(properties(await exploring(redis.target, commandProbes.checksBack, scope), 'violated')).toContain(
      'stranded',
    );
    const without = await exploring(redis.target, commandProbes.checksBack, scope, {
      rules: { ghosts: false },
    });
    expect(properties(without, 'violated')).toEqual([]);
    for (const fault of ['lost-request', 'lost-reply']) {
      const lost = { ...scope, faults: { [fault]: 1 } };
      const found = await exploring(redis.target, commandProbes.checksBack, lost);
      expect(properties(found, 'violated')).not.toContain('stranded');
    }
  });

  test('whether a key will expire is part of the state', async () => {
    const scope = { buyers: 2, stock: 1, faults: { expire: 1 } };
    const without = await exploring(redis.target, sellingProbes.unfencedLock, scope, {
      rules: { logicalTtl: false },
    });
    expect(properties(without, 'violated')).not.toContain('oversell');
  });

  test('timers fire in the order of their deadlines', async () => {
    const scope = { buyers: 1, stock: 1 };
    const found = await exploring(redis.target, processProbes.keepsDeadlines, scope);
    expect(properties(found, 'violated')).toEqual([]);
    const without = await exploring(redis.target, processProbes.keepsDeadlines, scope, {
      rules: { deadlineOrder: false },
    });
    expect(properties(without, 'violated')).not.toEqual([]);
  });

  test('each process draws chance of its own', async () => {
    const scope = { buyers: 2, stock: 2 };
    const found = await exploring(redis.target, processProbes.drawsTickets, scope);
    expect(found.coverage).toBe('sampled');
    expect(properties(found, 'violated')).toEqual([]);
    const without = await exploring(redis.target, processProbes.drawsTickets, scope, {
      rules: { ownChance: false },
    });
    expect(properties(without, 'violated')).toContain('false-refusal');
  });
});

describe.each([
  ['a lost reply', lostReply],
  ['a crash and a retry', { faults: { crash: 1, retry: 1 } }],
])('%s: the reduced search and its honest twins agree', (what, extra) => {
  test.each(rotating(soldAtOnce, 2, what))('$name comes to the same outcomes in both', async (strategy) => {
    await expectTwinsToAgree(redis.target, strategy, { buyers: 2, stock: 1, ...extra });
  });
});

test('an expiring lock: the reduced search and its honest twins agree', async () => {
  await expectTwinsToAgree(redis.target, sellingProbes.unfencedLock, {
    buyers: 2,
    stock: 1,
    attempts: 2,
    faults: { expire: 1 },
  });
});

test.each([
  { name: 'a lost reply', faults: { 'lost-reply': 1 } },
  { name: 'an expiry', faults: { expire: 1 } },
  { name: 'a cancellation', faults: { cancel: 1 } },
  { name: 'a script flush', faults: { 'script-flush': 1 } },
  { name: 'a restart', faults: { restart: 1 } },
  { name: 'a restart without data', faults: { 'restart-without-aof': 1 } },
  { name: 'a failover', faults: { failover: 1 } },
])('over real sockets, with nothing reduced, $name comes to the same outcomes', async ({ faults }) => {
  const scope = { buyers: 1, stock: 1, faults };
  const real = await overSockets(redis.target, await subject(functionDecrement), scope, 2_000);
  expect(real.exhausted).toBe(true);
  const reduced = await exploring(redis.target, functionDecrement, scope);
  expect(sorted(real.outcomes)).toEqual(sorted(reduced.outcomes));
});
