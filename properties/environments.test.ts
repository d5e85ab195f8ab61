import { expect, test } from 'vitest';
import { abilitiesOf } from '../harness/explorer/abilities.ts';
import { scopesOf, type ExploredEnvironment } from '../harness/explorer/environments.ts';
import type { Strategy } from '../strategies/contract.ts';
import { decrementThenCheck } from '../strategies/decrement-then-check.ts';
import { luaReserveOnce } from '../strategies/lua-reserve-once.ts';
import { watchRetry } from '../strategies/watch-retry.ts';
import { exploring, properties, server, subject } from './exploring.ts';
import * as probes from './probe-strategies.ts';

const redis = server();

async function violatedIn(environment: ExploredEnvironment, strategy: Strategy): Promise<Set<string>> {
  const abilities = await abilitiesOf(await subject(strategy), redis.target);
  const violated = new Set<string>();
  for (const scope of scopesOf(environment, strategy, abilities, 1)!) {
    const found = await exploring(redis.target, strategy, scope);
    expect(found.coverage).toBe('exhausted');
    for (const property of properties(found, 'violated')) violated.add(property);
  }
  return violated;
}

test('several units: a limit that nobody keeps is broken, because there is enough in stock to break it', async () => {
  expect(await violatedIn('several-units', probes.ignoresTheLimit)).toEqual(new Set(['user-limit']));
  expect(await violatedIn('several-units', luaReserveOnce)).toEqual(new Set());
});

test('release and restock: a limit that forgets what was given back refuses falsely', async () => {
  const forgets = await violatedIn('release-restock', probes.limitsPurchases);
  expect(forgets).toEqual(new Set(['false-refusal']));
  expect(await violatedIn('release-restock', probes.limitsHoldings)).toEqual(new Set());
});

test('release and restock: a counter that is below zero for a moment refuses what was just given back', async () => {
  expect(await violatedIn('release-restock', decrementThenCheck)).toContain('false-refusal');
});

test('calm: buyers of one process share its connection, over which WATCH protects nothing', async () => {
  expect(await violatedIn('calm', probes.watchSharedConnection)).toContain('oversell');
  expect(await violatedIn('calm', watchRetry)).toEqual(new Set());
});

test('release and restock: a process that remembers "sold out" is asked again', async () => {
  expect(await violatedIn('release-restock', probes.stickySoldOut)).toEqual(new Set(['false-refusal']));
});
