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

test.each<[string, ExploredEnvironment, Property, { wrong: Strategy; right: Strategy }]>([
  ['two are refused at once', 'calm', 'oversell', { wrong: givesBackWhatOthersWill, right: countsDown }],
  [
    'a process serves two buyers',
    'calm',
    'oversell',
    { wrong: watchesOverASharedConnection, right: watchRetry },
  ],
  [
    'there is enough to break the limit',
    'several-units',
    'user-limit',
    { wrong: limitIsForgotten, right: reserves },
  ],
  [
    'there is too little to meet the limit',
    'several-units',
    'false-refusal',
    { wrong: limitCountsTheRefused, right: reserves },
  ],
  [
    'what is given back may be had again',
    'release-restock',
    'false-refusal',
    { wrong: limitForgetsReleases, right: reserves },
  ],
  [
    'a process is asked again',
    'release-restock',
    'false-refusal',
    { wrong: remembersSoldOut, right: reserves },
  ],
  [
    'one is refused after a release',
    'release-restock',
    'false-refusal',
    { wrong: decrementThenCheck, right: reserves },
  ],
  [
    'what was sent comes late',
    'lost-reply',
    'false-refusal',
    { wrong: looksBackTooEarly, right: checksWhatBecameOfIt },
  ],
  ['what can expire has expired', 'retry', 'double-sale', { wrong: remembersForAWhile, right: reserves }],
  [
    'a user buys twice',
    'several-units',
    'lost-sale',
    { wrong: keepsOneOrderAUser, right: writesTheOrderWithTheStock },
  ],
])('in one of its scopes %s: %s, %s', async (_, environment, property, { wrong, right }) => {
  expect(await accusations(wrong, environment, redis.target)).toContain(property);
  expect(await accusations(right, environment, redis.target)).toEqual(new Set());
});
