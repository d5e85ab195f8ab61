import { describe, expect, test } from 'vitest';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { Rest } from '../../harness/explorer/search/at-rest.ts';
import { Search } from '../../harness/explorer/search/search.ts';
import { ALL_REDUCTIONS } from '../../harness/explorer/space/setting.ts';
import { Space } from '../../harness/explorer/space/space.ts';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { everyRealInterleaving } from '../../harness/explorer/sockets/unreduced.ts';
import { PROPERTIES, type Strategy } from '../../strategies/contract.ts';
import { strategies } from '../helpers/built-ins.ts';
import { exploring, scopeOf, server, subject, type GivenScope } from '../helpers/exploring.ts';
import * as commandProbes from '../helpers/probes/commands.ts';
import { rotating } from '../helpers/rotating.ts';

const redis = server();
/** Interleavings that a twin may walk one by one; above that, the twin that merges equal states takes over. */
const MOST_WALKED = 2_000n;
/** Interleavings over real sockets, about 20 ms each. */
const MOST_REAL = 500;

const calm = { buyers: 2, stock: 1, faults: { crash: 0 } };
const crash = { buyers: 2, stock: 1, faults: { crash: 1 } };
const sorted = (outcomes: Iterable<string>): string[] => [...outcomes].toSorted();

const scopes: [string, GivenScope][] = [
  ['calm', calm],
  ['one crash', crash],
  ['two units', { ...calm, stock: 2 }],
  ['three buyers', { ...calm, buyers: 3 }],
];
const cases = rotating(
  strategies.flatMap((strategy) =>
    scopes.map(([events, scope]) => ({ name: strategy.name, strategy, events, scope })),
  ),
  8,
  'twins',
);

describe('the reduced search and its honest twins agree', () => {
  test.each(cases)(
    '$name, $events: the reduced search and one in which nothing is reduced come to the same outcomes',
    async ({ strategy, scope }) => {
      const reduced = await exploring(redis.target, strategy, scope, { auditSamples: 4 });
      expect(reduced.audit).toEqual({ replayed: 4, mismatches: [] });
      if (reduced.interleavings <= MOST_WALKED) {
        const walked = await exploring(redis.target, strategy, scope, { merging: false });
        expect(walked.interleavings).toBe(reduced.interleavings);
        expect(sorted(walked.outcomes)).toEqual(sorted(reduced.outcomes));
      }
      const unreduced = await withoutReductions(strategy, scope);
      expect(sorted(unreduced)).toEqual(sorted(reduced.outcomes));
    },
  );
});

/** Nothing fused, nothing at once, starts explicit, no symmetry; equal states merged, so that it ends. */
async function withoutReductions(strategy: Strategy, scope: GivenScope): Promise<Set<string>> {
  using _ = virtualGlobals();
  const memo = await ServerMemo.open(redis.target);
  if (strategy.name.startsWith('watch-')) await memo.watch('{item}:stock');
  const reductions = { ...ALL_REDUCTIONS, fuse: false, lateStarts: false, symmetry: false };
  const space = new Space({ scope: scopeOf(scope), subject: await subject(strategy), memo, reductions });
  const result = await new Search(space, new Rest(space), {
    properties: PROPERTIES,
    maxStates: Infinity,
  }).run();
  await memo.close();
  return result.outcomes;
}

describe('over real sockets, on fresh state, with nothing reduced at all', () => {
  const few = strategies.filter(({ name }) =>
    ['decrement-then-check', 'function-decrement', 'read-then-write'].includes(name),
  );

  test.each(few)(
    '$name comes to the same outcomes over real sockets, with nothing reduced',
    async (strategy) => {
      const reduced = await exploring(redis.target, strategy, calm);
      const real = await overSockets(strategy, calm);
      expect(real.exhausted).toBe(true);
      expect(sorted(real.outcomes)).toEqual(sorted(reduced.outcomes));
    },
  );

  test('a search that lost the dirtiness of watched keys would be told apart', async () => {
    const scope = { buyers: 1, stock: 1, faults: { crash: 0 } };
    const strategy = commandProbes.touchesItsOwnWatch;
    const real = await overSockets(strategy, scope);
    const reduced = await exploring(redis.target, strategy, scope);
    expect(sorted(real.outcomes)).toEqual(sorted(reduced.outcomes));
    const broken = await exploring(redis.target, strategy, scope, { rules: { ownTouch: false } });
    expect(sorted(broken.outcomes)).not.toEqual(sorted(real.outcomes));
  });
});

async function overSockets(strategy: Strategy, scope: GivenScope): ReturnType<typeof everyRealInterleaving> {
  using _ = virtualGlobals();
  const memo = await ServerMemo.open(redis.target);
  const real = await everyRealInterleaving(
    scopeOf(scope),
    { subject: await subject(strategy), memo, target: redis.target },
    { most: MOST_REAL },
  );
  await memo.close();
  return real;
}
