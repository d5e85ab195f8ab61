import { expect, test } from 'vitest';
import { systemClock } from '../harness/ambient.ts';
import { abilitiesOf } from '../harness/explorer/abilities.ts';
import { scopesOf, type ExploredEnvironment } from '../harness/explorer/environments.ts';
import { explore } from '../harness/explorer/explore.ts';
import type { Property, Strategy } from '../strategies/contract.ts';
import { decrementThenCheck } from '../strategies/decrement-then-check.ts';
import { watchRetry } from '../strategies/watch-retry.ts';
import { remembersSoldOut } from './corpus/caches.ts';
import { subject } from './corpus/corpus.ts';
import { countsDown, givesBackWhatOthersWill } from './corpus/counters.ts';
import { checksWhatBecameOfIt, looksBackTooEarly } from './corpus/failures.ts';
import { keepsOneOrderAUser, writesTheOrderWithTheStock } from './corpus/ledgers.ts';
import { limitCountsTheRefused, limitForgetsReleases, limitIsForgotten } from './corpus/limits.ts';
import { remembersForAWhile } from './corpus/memories.ts';
import { watchesOverASharedConnection } from './corpus/optimistic.ts';
import { reserves } from './corpus/reserve.ts';
import { properties, server } from './exploring.ts';

const redis = server();

async function violatedIn(environment: ExploredEnvironment, strategy: Strategy): Promise<Set<string>> {
  const evaluated = await subject(strategy);
  const abilities = await abilitiesOf(evaluated, redis.target);
  const violated = new Set<string>();
  for (const scope of scopesOf(environment, strategy, abilities, 1)!) {
    const found = await explore({
      scope,
      subject: evaluated,
      target: redis.target,
      auditSamples: 0,
      now: () => systemClock.monotonicNs() / 1e6,
    });
    expect(found.coverage).toBe('exhausted');
    for (const property of properties(found, 'violated')) violated.add(property);
  }
  return violated;
}

test.each<[string, ExploredEnvironment, Property, Strategy, Strategy]>([
  ['two are refused at once', 'calm', 'oversell', givesBackWhatOthersWill, countsDown],
  ['a process serves two buyers', 'calm', 'oversell', watchesOverASharedConnection, watchRetry],
  ['there is enough to break the limit', 'several-units', 'user-limit', limitIsForgotten, reserves],
  [
    'there is too little to meet the limit',
    'several-units',
    'false-refusal',
    limitCountsTheRefused,
    reserves,
  ],
  ['what is given back may be had again', 'release-restock', 'false-refusal', limitForgetsReleases, reserves],
  ['a process is asked again', 'release-restock', 'false-refusal', remembersSoldOut, reserves],
  ['one is refused after a release', 'release-restock', 'false-refusal', decrementThenCheck, reserves],
  ['what was sent comes late', 'lost-reply', 'stranded', looksBackTooEarly, checksWhatBecameOfIt],
  ['what can expire has expired', 'retry', 'double-sale', remembersForAWhile, reserves],
  ['a user buys twice', 'several-units', 'lost-sale', keepsOneOrderAUser, writesTheOrderWithTheStock],
])('in one of its scopes %s: %s, %s', async (_, environment, property, wrong, right) => {
  expect(await violatedIn(environment, wrong)).toContain(property);
  expect(await violatedIn(environment, right)).toEqual(new Set());
});
