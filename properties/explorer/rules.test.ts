import { describe, expect, test } from 'vitest';
import { explore } from '../../harness/explorer/explore.ts';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { ALL_REDUCTIONS } from '../../harness/explorer/space/setting.ts';
import { Space } from '../../harness/explorer/space/space.ts';
import { AtRest } from '../../harness/explorer/search/at-rest.ts';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { walkOnce } from '../../harness/explorer/search/sampling.ts';
import { randomScheduler } from '../../harness/explorer/search/schedulers/random-walk.ts';
import { States } from '../../harness/explorer/space/states.ts';
import { ALL_RULES } from '../../harness/explorer/rules.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { exploring, properties, scopeOf, server, subject } from '../helpers/exploring.ts';
import * as commandProbes from '../helpers/probes/commands.ts';
import * as processProbes from '../helpers/probes/process.ts';
import * as sellingProbes from '../helpers/probes/selling.ts';
import { seed } from '../helpers/seed.ts';

const redis = server();

describe('each rule is needed: with it the search is right, without it the search goes wrong', () => {
  test('a key that others touch makes EXEC fail', async () => {
    const scope = { buyers: 2, stock: 1 };
    expect(properties(await exploring(redis.target, watchRetry, scope), 'violated')).toEqual([]);
    const without = await exploring(redis.target, watchRetry, scope, { rules: { othersTouch: false } });
    expect(properties(without, 'violated')).toContain('oversell');
  });

  test('a key that the watching connection touches itself makes EXEC fail', async () => {
    const scope = { buyers: 1, stock: 1 };
    const found = await exploring(redis.target, commandProbes.touchesItsOwnWatch, scope);
    expect(properties(found, 'violated')).toEqual(['stranded']);
    const without = await exploring(redis.target, commandProbes.touchesItsOwnWatch, scope, {
      rules: { ownTouch: false },
    });
    expect(properties(without, 'violated')).not.toContain('stranded');
  });

  test('a refusal that was over before the sale began is not explained by that sale', async () => {
    const scope = { buyers: 2, stock: 1 };
    const found = await exploring(redis.target, sellingProbes.refusesTheFirst, scope);
    expect(properties(found, 'violated')).toContain('false-refusal');
    const without = await exploring(redis.target, sellingProbes.refusesTheFirst, scope, {
      rules: { realTimeOrder: false },
    });
    expect(properties(without, 'violated')).not.toContain('false-refusal');
  });

  test('what a dead process had sent may still run', async () => {
    using _ = virtualGlobals();
    const memo = await ServerMemo.open(redis.target);
    const ranAfterCrash = async (ghosts: boolean): Promise<boolean> => {
      const scope = scopeOf({ buyers: 2, stock: 1, faults: { crash: 1 } });
      const reductions = { ...ALL_REDUCTIONS, symmetry: false };
      const space = new Space({
        scope,
        subject: await subject(luaDecrement),
        memo,
        reductions,
        rules: { ...ALL_RULES, ghosts },
      });
      const random = seededRandom(seed);
      for (let i = 0; i < 200; i++) {
        const walk = walkOnce(new States(space, true), new AtRest(space), randomScheduler(random), random);
        const { happened } = await walk;
        const crash = happened.findIndex(({ atom }) => atom.event === 'crash');
        if (crash < 0) continue;
        const { slot } = happened[crash]!;
        const late = happened
          .slice(crash)
          .some((next) => next.slot === slot && next.atom.event === 'execute');
        if (late) return true;
      }
      return false;
    };
    expect(await ranAfterCrash(true)).toBe(true);
    expect(await ranAfterCrash(false)).toBe(false);
    await memo.close();
  });

  test('each instance has modules of its own', async () => {
    const scope = { buyers: 2, stock: 1 };
    const found = await exploring(redis.target, processProbes.countsInItsModule, scope);
    expect(properties(found, 'violated')).toContain('oversell');
    const fresh = await subject(processProbes.countsInItsModule);
    const shared = { ...fresh, evaluate: () => processProbes.countsInItsModule };
    const larger = scopeOf({ ...scope, stock: 3 });
    const without = explore({ scope: larger, subject: shared, target: redis.target, now: () => 0 });
    // One module for all processes is also found out: its histories do not repeat.
    await expect(without).rejects.toThrow(/nondeterministic/);
  });

  test('buyers are interchangeable only if nothing depends on the order of their ids', async () => {
    const scope = { buyers: 2, stock: 2 };
    const found = await exploring(redis.target, commandProbes.favoursLowIds, scope);
    expect(found.reductions.symmetry).toBe(false);
    const plain = await exploring(redis.target, commandProbes.favoursLowIds, scope, { merging: false });
    expect(found.interleavings).toBe(plain.interleavings);
    expect([...found.outcomes].toSorted()).toEqual([...plain.outcomes].toSorted());
    const without = await exploring(redis.target, commandProbes.favoursLowIds, scope, {
      rules: { renamingCheck: false },
    });
    expect(without.reductions.symmetry).toBe(true);
    expect([...without.outcomes].toSorted()).not.toEqual([...plain.outcomes].toSorted());
    // The other twin: where ids are only ids, they stay interchangeable.
    expect((await exploring(redis.target, luaDecrement, scope)).reductions.symmetry).toBe(true);
  });

  test('contents that mean the same are the same', async () => {
    const scope = { buyers: 3, stock: 2 };
    const plain = await exploring(redis.target, commandProbes.notesInASet, scope, { merging: false });
    const found = await exploring(redis.target, commandProbes.notesInASet, scope);
    const without = await exploring(redis.target, commandProbes.notesInASet, scope, {
      rules: { logicalContent: false },
    });
    expect(found.outcomes.size).toBe(plain.outcomes.size);
    expect(without.states).toBeGreaterThan(found.states);
  });
});
