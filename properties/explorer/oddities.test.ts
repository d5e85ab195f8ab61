import { describe, expect, test } from 'vitest';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { ALL_RULES } from '../../harness/explorer/rules.ts';
import { AtRest } from '../../harness/explorer/search/at-rest.ts';
import { shortestViolation } from '../../harness/explorer/search/shortest.ts';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { ALL_REDUCTIONS } from '../../harness/explorer/space/setting.ts';
import { Space } from '../../harness/explorer/space/space.ts';
import type { Property } from '../../strategies/contract.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { exploring, properties, scopeOf, server, subject } from '../helpers/exploring.ts';
import { exploringProbe } from '../helpers/probe-files.ts';
import { sometimes } from '../helpers/rotating.ts';

const redis = server();
const calm = { buyers: 2, stock: 1 };

describe('whatever a seller answers, there is a verdict, or one sentence with a remedy', () => {
  test.each(['counts-in-bigints', 'answers-in-a-circle'])('%s: judged by its kind', async (name) => {
    const found = await exploringProbe(redis.target, ['oddities', name], calm, { auditSamples: 4 });
    expect(found.verdict).toBe('holds');
    expect(found.audit).toEqual({ replayed: 4, mismatches: [] });
  });

  test.each([
    ['answers-a-bigint', 'purchase returned "5n"'],
    ['answers-a-circle-only', 'purchase returned {}'],
    ['answers-a-function', 'purchase returned a function'],
    ['cannot-be-read', 'purchase returned "what cannot be read: not now"'],
  ])('%s: refused', async (name, message) => {
    const exploration = exploringProbe(redis.target, ['oddities', name], calm);
    await expect(exploration).rejects.toMatchObject({
      code: 'CANNOT_EXPLORE',
      message,
      remedy: expect.stringMatching(/^return \{ kind: 'sold' \}/) as string,
    });
  });

  test('what is thrown without a text proves nothing, like any other throw', async () => {
    const found = await exploringProbe(redis.target, ['oddities', 'throws-without-a-text'], calm);
    expect(properties(found, 'violated')).toEqual(['stranded']);
    expect(found.alone).toBe('purchase threw something without a text, for one buyer alone');
  });

  test.each(['crash', 'lost-reply', 'lost-request', 'restart'] as const)(
    'a choice after the first reply is one of the outcomes, with %s in budget',
    async (fault) => {
      const scope = { ...calm, faults: { [fault]: 1 } };
      const found = await exploringProbe(redis.target, ['oddities', 'chooses-late'], scope, {
        auditSamples: 4,
      });
      expect(found.coverage).toBe('exhausted');
      expect(found.audit).toEqual({ replayed: 4, mismatches: [] });
    },
  );
});

describe('long batches', () => {
  test('of 48 commands are explored to the end', async () => {
    const found = await exploringProbe(redis.target, ['oddities', 'sends-batches'], { buyers: 1, stock: 1 });
    expect(found.coverage).toBe('exhausted');
    expect(found.verdict).toBe('holds');
  });

  test('of a pair of connections have as many crashes as they have prefixes, and more than 512', async () => {
    const scope = { buyers: 2, stock: 1, instances: 1, faults: { crash: 1 } };
    const found = await exploringProbe(redis.target, ['oddities', 'sends-batches-on-three'], scope, {
      maxStates: 300,
    });
    expect(found.verdict).not.toBe('holds');
  });

  test('are refused where a crash could leave too many of their prefixes', async () => {
    const scope = { buyers: 3, stock: 1, instances: 1, faults: { crash: 1 } };
    await expect(exploringProbe(redis.target, ['oddities', 'sends-batches-on-three'], scope)).rejects.toThrow(
      /to explore/,
    );
  });
});

test('an interruption is heard while the shortest counterexample is sought', async () => {
  using _ = virtualGlobals();
  const memo = await ServerMemo.open(redis.target);
  const scope = scopeOf({ buyers: 2, stock: 1 });
  const parts = { scope, subject: await subject(readThenWrite), memo, rules: ALL_RULES };
  const space = new Space({ ...parts, reductions: { ...ALL_REDUCTIONS, symmetry: false } });
  const seek = (signal?: AbortSignal): ReturnType<typeof shortestViolation> =>
    shortestViolation(space, new AtRest(space), 'oversell', { maxStates: 1_000, signal });
  expect(await seek()).toBeDefined();
  let asked = 0;
  const interrupted = Object.create(AbortSignal.prototype, {
    aborted: { get: () => ++asked > 3 },
  }) as AbortSignal;
  expect(await seek(interrupted)).toBeUndefined();
  expect(asked).toBe(4);
  await memo.close();
});

const notesAbout = async (property: Property): Promise<string[]> =>
  (await exploring(redis.target, readThenWrite, calm, { properties: [property] })).notes;

test('what is violated and was not asked about is said to be that, and no bug of the tool', async () => {
  expect(await notesAbout('stranded')).toEqual([
    'oversell: violated, and not asked about: leave out --property to be shown how',
  ]);
  expect(await notesAbout('oversell')).toEqual([]);
});

test('a property that says nothing of the sale, asked about alone, is no verdict that passes', async () => {
  const about = { properties: ['user-limit'] as Property[] };
  const alone = await exploring(redis.target, luaDecrement, calm, about);
  expect(alone.verdict).toBe('inconclusive');
  expect(alone.notes).toEqual([
    'user-limit: says nothing of this sale (n/a), and nothing else was asked about',
  ]);
  expect((await exploring(redis.target, luaDecrement, calm)).verdict).toBe('holds');
});

sometimes(
  'an error where nothing happened to the process is an error of the strategy, whatever else might have happened',
  async () => {
    for (const faults of [{}, { crash: 1 }, { timeout: 1 }, { 'lost-request': 1 }]) {
      const found = await exploringProbe(redis.target, ['oddities', 'gives-up-by-an-error'], {
        buyers: 2,
        stock: 2,
        faults,
      });
      expect(found.coverage).toBe('exhausted');
      expect(properties(found, 'violated')).toEqual(['progress']);
    }
    // One that answers for the error by asking again is not accused of what a fault did to it.
    const crash = { buyers: 2, stock: 2, faults: { crash: 1 } };
    expect(properties(await exploring(redis.target, luaReserveOnce, crash), 'violated')).toEqual([]);
  },
);
