import { describe, expect, test } from 'vitest';
import { registry } from '../../strategies/registry.ts';
import { exploring, properties, server } from '../helpers/exploring.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';
import { everything, rotating } from '../helpers/rotating.ts';

const at = server();

const race = { buyers: 2, stock: 1 };
const IN_TIME = 240_000;
const LIBRARIES = ['ioredis', 'node-redis'];
const STRATEGIES = ['read-then-write', 'lua-decrement', 'watch-retry', 'multi-without-watch'];

const technique = (name: string, library = 'ioredis') => shop(['node', 'shop.mjs', name, library]);

/** A built-in strategy, as it is, in a service: its requests carry what the strategy is asked. */
const asService = (name: string) =>
  shop(['node', 'strategy-shop.mjs', name], {
    open: [{ redis: ['SET', '{{product}}:stock', '{stock}'] }],
    buy: { path: '/buy?request={request}&user={user}&quantity={quantity}' },
    release: { path: '/cancel?request={request}&user={user}&quantity={quantity}' },
    left: { ask: { redis: ['GET', '{{product}}:stock'] } },
    answers: { sold: { status: 200 }, soldOut: { status: 409 }, busy: { status: 503 } },
  });

describe('a service behind HTTP', () => {
  test.each(rotating(LIBRARIES, 1, 'watching services'))(
    'that watches its stock by %s never sells more than there is, in any order of its commands',
    async (library) => {
      const explored = await intercepted(technique('watch', library), race, at.target);
      expect(properties(explored, 'violated')).toEqual([]);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', interleavings: 20n });
      expect(explored.audit).toMatchObject({ replayed: 16, mismatches: [] });
    },
    IN_TIME,
  );

  test.each(rotating(LIBRARIES, 1, 'reading services'))(
    'that reads and then writes by %s is caught selling one unit twice',
    async (library) => {
      const explored = await intercepted(technique('read-then-write', library), race, at.target);
      expect(properties(explored, 'violated')).toContain('oversell');
      const { counterexample } = explored.properties.oversell;
      expect(counterexample).toMatchObject({ minimal: true, service: { file: { buy: { method: 'GET' } } } });
      expect(counterexample!.steps.map(({ command = [] }) => command.join(' '))).toEqual(
        expect.arrayContaining(['GET stock', 'DECR stock']),
      );
    },
    IN_TIME,
  );

  test.each(rotating(STRATEGIES, 1, 'strategies as services'))(
    'comes to the outcomes of the same code in-process: %s',
    async (name) => {
      const { strategy } = registry.find((one) => one.strategy.name === name)!;
      const inProcess = await exploring(at.target, strategy, race);
      const service = await intercepted(asService(name), race, at.target, { auditSamples: 2 });
      expect(service.coverage).toBe('exhausted');
      expect(service.outcomes).toEqual(inProcess.outcomes);
      expect(service.interleavings).toBe(inProcess.interleavings);
      expect(properties(service, 'violated')).toEqual(properties(inProcess, 'violated'));
    },
    IN_TIME,
  );

  test.each([
    ['lua-decrement', { ...race, releases: 1 }],
    ['lua-decrement', { buyers: 1, stock: 1, releases: 1, faults: { 'lost-reply': 1 } }],
  ] as const)(
    'comes to the outcomes of the same code in-process where buyers give back: %s',
    async (name, scope) => {
      const { strategy } = registry.find((one) => one.strategy.name === name)!;
      const inProcess = await exploring(at.target, strategy, scope);
      const service = await intercepted(asService(name), scope, at.target, { auditSamples: 2 });
      expect(service.coverage).toBe('exhausted');
      expect(service.outcomes).toEqual(inProcess.outcomes);
      expect(service.interleavings).toBe(inProcess.interleavings);
      expect(properties(service, 'violated')).toEqual(properties(inProcess, 'violated'));
    },
    IN_TIME,
  );

  test.runIf(everything)(
    'comes to the same outcomes over real sockets, where nothing is reduced',
    async () => {
      const file = technique('read-then-write');
      const reduced = await intercepted(file, race, at.target);
      const unreduced = await intercepted(file, race, at.target, { unreduced: true });
      expect(unreduced.coverage).toBe('exhausted');
      expect(unreduced.interleavings).toBeGreaterThan(reduced.interleavings);
      expect(unreduced.outcomes).toEqual(reduced.outcomes);
      expect(properties(unreduced, 'violated')).toEqual(properties(reduced, 'violated'));
    },
    4 * IN_TIME,
  );
});
