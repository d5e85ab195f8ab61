import { expect, test } from 'vitest';
import { PROPERTIES } from '../../strategies/contract.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { AtRest } from '../../harness/explorer/search/at-rest.ts';
import { Search, type SearchResult } from '../../harness/explorer/search/search.ts';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { NOTHING_REDUCED } from '../../harness/explorer/space/setting.ts';
import { Space } from '../../harness/explorer/space/space.ts';
import { scopeOf, server, subject as subjectOf } from '../helpers/exploring.ts';

const redis = server();

async function searched(isFull: () => boolean): Promise<SearchResult> {
  using _ = virtualGlobals();
  const memo = await ServerMemo.open(redis.target);
  await memo.watch('{item}:stock');
  const space = new Space({
    scope: scopeOf({ buyers: 3, stock: 2 }),
    subject: await subjectOf(watchRetry),
    memo,
    reductions: { ...NOTHING_REDUCED, merging: true },
  });
  const options = { properties: PROPERTIES, maxStates: Infinity, heap: { isFull } };
  try {
    return await new Search(space, new AtRest(space), options).run();
  } finally {
    await memo.close();
  }
}

test('a search ends where memory is full, says so, and keeps what it has', async () => {
  let looks = 0;
  const { exhausted, stopped, states } = await searched(() => ++looks === 2);
  expect(exhausted).toBe(false);
  expect(stopped).toBe(`stopped at ${states} states, as memory was full`);
  // It had room at its first look, and went on.
  expect(looks).toBe(2);
  expect(states).toBeGreaterThan(1_000);
});
