import { expect } from 'vitest';
import { PROPERTIES, type Strategy } from '../../strategies/contract.ts';
import type { Subject } from '../../harness/explorer/process/spec.ts';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { AtRest } from '../../harness/explorer/search/at-rest.ts';
import { Search } from '../../harness/explorer/search/search.ts';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { everyRealInterleaving } from '../../harness/explorer/sockets/unreduced.ts';
import { NOTHING_REDUCED } from '../../harness/explorer/space/setting.ts';
import { Space } from '../../harness/explorer/space/space.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { exploring, scopeOf, subject as subjectOf, type GivenScope } from './exploring.ts';

/** Nothing fused, nothing at once, starts explicit, no symmetry; equal states merged, so that it ends. */
export async function withoutReductions(
  target: RedisTarget,
  subject: Subject,
  scope: GivenScope,
): Promise<ReadonlySet<string>> {
  using _ = virtualGlobals();
  const memo = await ServerMemo.open(target);
  if (subject.strategy.name.startsWith('watch-')) await memo.watch('{item}:stock');
  const reductions = { ...NOTHING_REDUCED, merging: true };
  const space = new Space({ scope: scopeOf(scope), subject, memo, reductions });
  const result = await new Search(space, new AtRest(space), {
    properties: PROPERTIES,
    maxStates: Infinity,
  }).run();
  await memo.close();
  return result.outcomes;
}

/** Over real sockets, on fresh state, with nothing reduced at all; at most so many interleavings. */
export async function overSockets(
  target: RedisTarget,
  subject: Subject,
  scope: GivenScope,
  most: number,
): ReturnType<typeof everyRealInterleaving> {
  using _ = virtualGlobals();
  const memo = await ServerMemo.open(target);
  const real = await everyRealInterleaving(scopeOf(scope), { subject, memo, target }, { most });
  await memo.close();
  return real;
}

/** Interleavings that the twin without merging may walk one by one. */
const MOST_WALKED = 2_000n;

/** Outcomes in an order of their own, to be compared. */
export const sorted = (outcomes: Iterable<string>): string[] => [...outcomes].toSorted();

/** The reduced search, its audit, the one without merging where that ends soon, and the unreduced one agree. */
export async function expectTwinsToAgree(
  target: RedisTarget,
  strategy: Strategy,
  scope: GivenScope,
  auditSamples = 6,
): Promise<void> {
  const reduced = await exploring(target, strategy, scope, { auditSamples });
  expect(reduced.audit).toEqual({ replayed: auditSamples, mismatches: [] });
  if (reduced.interleavings <= MOST_WALKED) {
    const walked = await exploring(target, strategy, scope, { merging: false });
    expect(walked.interleavings).toBe(reduced.interleavings);
    expect(sorted(walked.outcomes)).toEqual(sorted(reduced.outcomes));
  }
  const unreduced = await withoutReductions(target, await subjectOf(strategy), scope);
  expect(sorted(unreduced)).toEqual(sorted(reduced.outcomes));
}
