import { expect, test } from 'vitest';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { audit, type AuditFindings } from '../../harness/explorer/sockets/audit.ts';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { ALL_RULES } from '../../harness/explorer/rules.ts';
import { ALL_REDUCTIONS } from '../../harness/explorer/space/setting.ts';
import { Space } from '../../harness/explorer/space/space.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import type { Strategy } from '../../strategies/contract.ts';
import { decrementThenCheck } from '../../strategies/decrement-then-check.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { scopeOf, server, subject } from '../helpers/exploring.ts';
import { seed } from '../helpers/seed.ts';

const redis = server();
const SAMPLES = 3;

/** Replays what the search makes of one strategy with the code of another. */
async function audited(searched: Strategy, replayed: Strategy, expected?: string[]): Promise<AuditFindings> {
  using _ = virtualGlobals();
  const { target } = redis;
  const memo = await ServerMemo.open(target);
  const space = new Space({
    scope: scopeOf({ buyers: 2, stock: 1 }),
    subject: await subject(searched),
    memo,
    reductions: { ...ALL_REDUCTIONS, symmetry: false },
    rules: ALL_RULES,
  });
  const amount = { samples: SAMPLES, random: seededRandom(seed), expected: expected && new Set(expected) };
  const findings = await audit(space, { subject: await subject(replayed), memo, target }, amount);
  await memo.close();
  return findings;
}

test('an interleaving that code can follow has no mismatch', async () => {
  const { audit: found } = await audited(luaDecrement, luaDecrement);
  expect(found).toEqual({ replayed: SAMPLES, mismatches: [] });
});

test('one that it cannot follow is one mismatch: what came of it afterwards is not compared', async () => {
  const { audit: found } = await audited(luaDecrement, decrementThenCheck);
  expect(found.replayed).toBe(SAMPLES);
  expect(found.mismatches).toHaveLength(SAMPLES);
  for (const { message } of found.mismatches) expect(message).toMatch(/^sent .* instead of /);
});

test('an end that the search did not find is a mismatch, once for each interleaving that ends so', async () => {
  const { audit: found } = await audited(luaDecrement, luaDecrement, ['another end']);
  expect(found.mismatches).toHaveLength(SAMPLES);
  for (const { message } of found.mismatches) expect(message).toMatch(/^the search ended in other outcomes/);
});
