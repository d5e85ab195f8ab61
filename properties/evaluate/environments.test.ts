import type { ExploredEnvironment } from '../../harness/documents/environments.ts';
import { expect, test } from 'vitest';
import type { Property, Strategy } from '../../strategies/contract.ts';
import { decrementThenCheck } from '../../strategies/decrement-then-check.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { accusations } from '../corpus/accusations.ts';
import { remembersSoldOut } from '../corpus/caches.ts';
import { countsDown, givesBackWhatOthersWill } from '../corpus/counters.ts';
import { checksWhatBecameOfIt, looksBackTooEarly } from '../corpus/failures.ts';
import { keepsOneOrderAUser, writesTheOrderWithTheStock } from '../corpus/ledgers.ts';
import { limitCountsTheRefused, limitForgetsReleases, limitIsForgotten } from '../corpus/limits.ts';
import { remembersForAWhile } from '../corpus/memories.ts';
import { watchesOverASharedConnection } from '../corpus/optimistic.ts';
import { reserves } from '../corpus/reserve.ts';
import { server } from '../helpers/exploring.ts';

const redis = server();

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
  expect(await accusations(wrong, environment, redis.target)).toContain(property);
  expect(await accusations(right, environment, redis.target)).toEqual(new Set());
});
