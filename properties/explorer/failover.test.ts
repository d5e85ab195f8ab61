import * as fc from 'fast-check';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { REPLICAS, toldOfReplicas } from '../../harness/explorer/server/replicas.ts';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { encodeCommand } from '../../harness/wire/resp.ts';
import { askedIn } from '../../harness/explorer/server/orders.ts';
import { functionReserveOnce } from '../../strategies/function-reserve-once.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { exploring, properties, server, subject } from '../helpers/exploring.ts';
import { exploringFolder } from '../helpers/probe-files.ts';
import { overSockets, sorted, withoutReductions } from '../helpers/honest.ts';
import * as probes from '../helpers/probes/replicas.ts';
import { Replicated } from '../helpers/replicated.ts';

const redis = server();
const failover = { faults: { failover: 1 } };

describe('a replica takes over', () => {
  test('what it lacked is lost, and sold again; over real sockets, too', async () => {
    const scope = { buyers: 2, stock: 1, ...failover };
    const found = await exploring(redis.target, luaReserveOnce, scope, { auditSamples: 16 });
    expect(found.coverage).toBe('exhausted');
    expect(found.audit).toEqual({ replayed: 16, mismatches: [] });
    expect(properties(found, 'violated')).toEqual(['oversell', 'lost-sale']);
    for (const property of ['oversell', 'lost-sale'] as const) {
      const { counterexample } = found.properties[property];
      const events = counterexample!.steps.map(({ event }) => event);
      expect(events).toEqual(expect.arrayContaining(['lag', 'failover']));
      expect((await replay(counterexample!, await subject(luaReserveOnce), redis.target)).result).toBe(
        'confirmed',
      );
    }
    // The twin: a server that comes back with its data loses nothing.
    const restarted = await exploring(redis.target, luaReserveOnce, { ...scope, faults: { restart: 1 } });
    expect(properties(restarted, 'violated')).toEqual([]);
  });

  test('functions are those that it had, and scripts are gone', async () => {
    const found = await exploring(redis.target, functionReserveOnce, { buyers: 1, stock: 1, ...failover });
    expect(found.coverage).toBe('exhausted');
    // A seller finds its library, or it could not be drained.
    expect(properties(found, 'violated')).toEqual(['lost-sale']);
    const scripted = await exploring(redis.target, luaReserveOnce, { buyers: 1, stock: 1, ...failover });
    const { counterexample } = scripted.properties['lost-sale'];
    const after = counterexample!.steps.findIndex(({ event }) => event === 'failover');
    expect(after).toBeGreaterThan(0);
  });

  const one = { buyers: 1, stock: 1, ...failover };

  test('who waits comes to the same outcomes over real sockets, with nothing reduced', async () => {
    const real = await overSockets(redis.target, await subject(probes.waitsAndTakes), one, 2_000);
    expect(real.exhausted).toBe(true);
    const reduced = await exploring(redis.target, probes.waitsAndTakes, one);
    expect(sorted(reduced.outcomes)).toEqual(sorted(real.outcomes));
  });

  test.each([probes.takesAndWaits, probes.waitsAndTakes, probes.waitsInATransaction])(
    '$name comes to the same outcomes when nothing is fused, and its audit finds nothing',
    async (strategy) => {
      const reduced = await exploring(redis.target, strategy, one, { auditSamples: 8 });
      expect(reduced.audit).toEqual({ replayed: 8, mismatches: [] });
      const plain = await withoutReductions(redis.target, await subject(strategy), one);
      expect(sorted(reduced.outcomes)).toEqual(sorted(plain));
    },
  );
});

/** Gives up where it finds, a minute later or more by its clock, what it has set to last so long. */
const marking = (ms: number): Record<string, string> => ({
  'sell.mjs': `import { answer, probe, take } from './parts.mjs';
export const strategy = probe('probe', (redis, env) => async () => {
  await redis.set('{item}:mark', 1, 'PX', ${ms});
  const from = env.now();
  await redis.get('{item}:price');
  const passedMs = env.now() - from;
  const there = await redis.exists('{item}:mark');
  if (passedMs >= 60_000 && there) return { kind: 'gave-up', attempts: 1 };
  return answer(await take(redis));
});`,
});

test.each([
  [60_000, false],
  [9_000_000, true],
])('time passes on a replica that has stopped, too: it has a key of %i ms: %s', async (ms, has) => {
  const scope = { buyers: 1, stock: 1, faults: { failover: 1, slow: 1 } };
  const asked = { properties: ['progress'], auditSamples: 2 } as const;
  const found = await exploringFolder(redis.target, marking(ms), scope, asked);
  expect(found.audit.mismatches).toEqual([]);
  expect(found.verdict).toBe(has ? 'violated' : 'holds');
});

const told = (command: string[], queued: string[][], reply: string, keepsLog = true): string =>
  toldOfReplicas(askedIn(encodeCommand(command), queued.map(encodeCommand)), reply, {
    acknowledged: 1,
    keepsLog,
  });

test('a second replica that stops makes a difference only to who waits', async () => {
  const scope = { buyers: 2, stock: 1, ...failover };
  const found = await exploring(redis.target, luaReserveOnce, scope);
  expect(found.reductions.oneStop).toBe(true);
  const plain = await withoutReductions(redis.target, await subject(luaReserveOnce), scope);
  expect(sorted(found.outcomes)).toEqual(sorted(plain));
  const waits = await exploring(redis.target, probes.takesAndWaits, scope);
  expect(waits.reductions.oneStop).toBe(false);
});

describe('WAIT', () => {
  test('tells of a replica that has the sale: who is told of both loses none', async () => {
    const scope = { buyers: 2, stock: 1, ...failover };
    const safe = await exploring(redis.target, probes.takesAndWaits, scope, { auditSamples: 8 });
    expect(safe.audit.mismatches).toEqual([]);
    expect(properties(safe, 'violated')).not.toContain('lost-sale');
    // Each answer comes: both, one and none.
    expect([...safe.outcomes].join()).toMatch(/gave-up/);
    const unsafe = await exploring(redis.target, probes.waitsAndTakes, scope);
    expect(properties(unsafe, 'violated')).toContain('lost-sale');
    const early = await exploring(redis.target, probes.waitsInATransaction, scope);
    expect(properties(early, 'violated')).toContain('lost-sale');
  });

  test('is refused in a script, by the server itself', async () => {
    const found = await exploring(redis.target, probes.waitsInAScript, { buyers: 1, stock: 1 });
    expect([...found.outcomes].join()).toMatch(/gave-up/);
  });

  test.each<[what: string, command: string[], queued: string[][], reply: string, expected: string]>([
    ['WAIT', ['wait', '2', '9'], [], ':0\r\n', ':1\r\n'],
    ['another command', ['DECR', 'k'], [], ':0\r\n', ':0\r\n'],
    [
      'WAIT in a transaction',
      ['EXEC'],
      [
        ['DECR', 'k'],
        ['WAIT', '1', '9'],
        ['GET', 'k'],
      ],
      '*3\r\n:0\r\n:0\r\n$1\r\n0\r\n',
      '*3\r\n:0\r\n:1\r\n$1\r\n0\r\n',
    ],
    ['a transaction that was given up', ['EXEC'], [['WAIT', '1', '9']], '*-1\r\n', '*-1\r\n'],
    ['the same in RESP3', ['EXEC'], [['WAIT', '1', '9']], '_\r\n', '_\r\n'],
    ['WAIT while it is queued', ['WAIT', '1', '9'], [], '+QUEUED\r\n', '+QUEUED\r\n'],
    [
      'WAITAOF of a server that keeps a log',
      ['WAITAOF', '1', '1', '9'],
      [],
      '-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n',
      '*2\r\n:1\r\n:1\r\n',
    ],
    [
      'WAITAOF of a server that does not know it',
      ['WAITAOF', '1', '1', '9'],
      [],
      "-ERR unknown command 'WAITAOF'\r\n",
      "-ERR unknown command 'WAITAOF'\r\n",
    ],
  ])('%s is answered as with replicas', (...[, command, queued, reply, expected]) => {
    expect(told(command, queued, reply)).toBe(expected);
  });

  test('WAITAOF of a server that would start empty is what that server answers', () => {
    const refused = '-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n';
    expect(told(['WAITAOF', '1', '1', '9'], [], refused, false)).toBe(refused);
    expect(told(['WAITAOF', '0', '1', '9'], [], '*2\r\n:0\r\n:0\r\n', false)).toBe('*2\r\n:0\r\n:0\r\n');
  });
});

interface Act {
  by: 0 | 1;
  what: 'write' | 'same' | 'read' | 'wait' | 'transaction' | 'stop';
}
const acts = fc.array(
  fc.record<Act>({
    by: fc.constantFrom(0, 1),
    what: fc.constantFrom('write', 'write', 'same', 'read', 'wait', 'wait', 'transaction', 'stop'),
  }),
  { minLength: 3, maxLength: 10 },
);
const PATIENCE_MS = 20_000;

/**
 * Does this on a real primary, and compares what WAIT answers with what is expected: after a write of the connection's own
 * it is the same. Else a server before 7.2 counts from the last command of any kind, so that it may tell of fewer.
 *
 * @param lacks how many replicas lack a write that comes when so many have stopped
 */
async function compare(
  replicated: Replicated,
  sequence: readonly Act[],
  lacks = (stopped: number): number => stopped,
): Promise<void> {
  const clients = [replicated.connect(), replicated.connect()];
  const lacking = [0, 0];
  const justWrote = [false, false];
  let stopped = 0;
  const asked = async (by: number, ask: (redis: Redis, copies: number, ms: number) => Promise<number>) => {
    const copies = REPLICAS - lacking[by]!;
    if (justWrote[by]) expect(await ask(clients[by]!, copies, PATIENCE_MS)).toBe(copies);
    else expect(await ask(clients[by]!, REPLICAS + 1, 10)).toBeLessThanOrEqual(copies);
  };
  try {
    for (const { by, what } of sequence) {
      const client = clients[by]!;
      if (what === 'stop') {
        if (stopped < REPLICAS) await replicated.stop();
        stopped = Math.min(REPLICAS, stopped + 1);
        continue;
      }
      if (what === 'wait') await asked(by, (own, copies, ms) => own.wait(copies, ms));
      if (what === 'read') await client.get('sold');
      if (what === 'write') await client.incr('sold');
      if (what === 'same') await client.set('same', 'same');
      if (what === 'transaction') {
        justWrote[by] = false; // MULTI is a command, too
        await asked(by, async (own, copies, ms) => {
          const replies = await own.multi().incr('sold').wait(copies, ms).exec();
          return replies![1]![1] as number;
        });
      }
      const wrote = ['write', 'same', 'transaction'].includes(what);
      if (wrote) lacking[by] = lacks(stopped);
      justWrote[by] = wrote;
    }
  } finally {
    for (const client of clients) client.disconnect();
    await replicated.resume();
  }
}

test('a real primary with two real replicas answers WAIT as the explorer does', async () => {
  await using replicated = await Replicated.start();
  await fc.assert(
    fc.asyncProperty(acts, async (sequence) => compare(replicated, sequence)),
    { numRuns: 12 },
  );
  // The twin: whoever takes a replica that stopped for one that follows is belied.
  const lagging: Act[] = [
    { by: 0, what: 'stop' },
    { by: 0, what: 'write' },
    { by: 0, what: 'read' },
    { by: 0, what: 'wait' },
  ];
  await compare(replicated, lagging);
  await expect(compare(replicated, lagging, (stopped) => stopped + 1)).rejects.toThrow();
});
