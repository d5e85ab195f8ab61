import { describe, expect, test } from 'vitest';
import { sample, type Sample } from '../../harness/explorer/search/sampling.ts';
import { pctScheduler } from '../../harness/explorer/search/schedulers/pct.ts';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { ALL_REDUCTIONS } from '../../harness/explorer/space/setting.ts';
import { Space } from '../../harness/explorer/space/space.ts';
import type { Choice } from '../../harness/explorer/scope/moves.ts';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { exploring, properties, scopeOf, server, subject } from '../helpers/exploring.ts';
import { seed } from '../helpers/seed.ts';

const redis = server();

describe('a scope that is too large is sampled, and says so', () => {
  const scope = { buyers: 4, stock: 2 };

  test('what is wrong is found, by a smaller scope or by the interleaving that was drawn', async () => {
    const found = await exploring(redis.target, readThenWrite, scope, { maxStates: 5 });
    expect(found.coverage).toBe('sampled');
    expect(properties(found, 'violated')).toContain('oversell');
    expect(found.properties.oversell.counterexample).not.toBeNull();
    expect(found.notes.join()).toMatch(
      /1000 interleavings drawn, PCT of depth 3 \(depth 3, 5 threads, \d+ steps: .* ≥ /,
    );
  });

  test('what is right is not accused, and nothing that was not covered is called to hold', async () => {
    const found = await exploring(redis.target, luaReserveOnce, scope, { maxStates: 5 });
    expect(properties(found, 'violated')).toEqual([]);
    expect(properties(found, 'holds')).toEqual([]);
    expect(found.verdict).toBe('inconclusive');
  });

  test('the same seed draws the same interleavings, and none once it is interrupted', async () => {
    using _ = virtualGlobals();
    const memo = await ServerMemo.open(redis.target);
    const reductions = { ...ALL_REDUCTIONS, symmetry: false };
    const drawn = async (from: number, signal?: AbortSignal): Promise<Sample> => {
      const space = new Space({
        scope: scopeOf(scope),
        subject: await subject(readThenWrite),
        memo,
        reductions,
      });
      return sample(space, seededRandom(from), 20, signal);
    };
    const draw = async (from: number): Promise<string> => {
      const { found } = await drawn(from);
      return JSON.stringify([...found].map(([, path]) => path.events.map(({ choice }) => choice)));
    };
    expect(await draw(seed)).toBe(await draw(seed));
    expect(await draw(seed)).not.toBe(await draw(seed + 1));
    expect((await drawn(seed, AbortSignal.abort())).walks).toBe(0);
    await memo.close();
  });
});

test('PCT runs one thread until a change point, where random scheduling switches at every step', () => {
  const choices = [0, 1, 2].map((slot): Choice => ({
    slot,
    move: { kind: 'timer' },
    price: undefined,
    id: 0,
  }));
  const pct = pctScheduler(seededRandom(seed), 3);
  for (let walk = 0; walk < 50; walk++) {
    pct.begin();
    const slots = Array.from({ length: 40 }, () => pct.choose(choices).slot);
    const switches = slots.filter((slot, i) => i > 0 && slot !== slots[i - 1]).length;
    expect(switches).toBeLessThanOrEqual(2); // depth 3: two change points
  }
});
