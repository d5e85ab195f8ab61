import { describe, expect, test } from 'vitest';
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
import { exploringFolder } from '../helpers/probe-files.ts';
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

/** Makes no seller once it has sold out, and lets who asks then wait for background work. */
const closesShop = `import { answer, probe, STOCK, take } from './parts.mjs';
export const strategy = probe('probe', async (redis, env) => {
  if ((await redis.get(STOCK)) === '0') throw new Error('sold out, closed');
  const purchase = async () => {
    const sold = await take(redis);
    if (!sold) await env.sleep(10);
    return answer(sold);
  };
  return { purchase, runJob: async () => 'idle' };
});`;

const doing = (work: string): Record<string, string> => ({
  'sell.mjs': `import { answer, probe, take } from './parts.mjs';
export const strategy = probe('probe', (redis) => {
  const purchase = async () => answer(await take(redis));
  return { purchase, runJob: async () => { ${work} } };
});`,
});

describe('background work that spoils the end of a sale is refused alike by the search and over real sockets', () => {
  describe.each([false, true])('unreduced: %s', (unreduced) => {
    const exploration = (work: string): ReturnType<typeof exploringFolder> =>
      exploringFolder(redis.target, doing(work), { buyers: 1, stock: 1 }, { unreduced });

    test('as it throws', async () => {
      await expect(exploration("throw new Error('no work today');")).rejects.toMatchObject({
        code: 'CANNOT_EXPLORE',
        message: expect.stringContaining('no work today') as string,
        remedy: 'correct runJob()',
      });
    });

    test('as it never ends', async () => {
      await expect(exploration("return 'worked';")).rejects.toMatchObject({
        code: 'CANNOT_EXPLORE',
        message: 'runJob found work 100 times in a row on a sale at rest',
        remedy: expect.stringMatching(/^runJob must answer 'idle'/) as string,
      });
    });

    test('and only its own process fails where it can make no seller while the rest is bought', async () => {
      const files = { 'sell.mjs': closesShop };
      const scope = { buyers: 1, stock: 2 };
      const found = await exploringFolder(redis.target, files, scope, { unreduced, auditSamples: 2 });
      expect(found.coverage).toBe('exhausted');
      expect(found.audit.mismatches).toEqual([]);
    });

    test('and spared where it has nothing to do', async () => {
      expect((await exploration("return 'idle';")).coverage).toBe('exhausted');
    });
  });
});
