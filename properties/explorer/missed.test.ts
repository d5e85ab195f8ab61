import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { exploring, properties, server, subject } from '../helpers/exploring.ts';
import * as commandProbes from '../helpers/probes/commands.ts';
import * as processProbes from '../helpers/probes/process.ts';
import * as sellingProbes from '../helpers/probes/selling.ts';

const redis = server();

describe('what somebody once got past the explorer, or was wrongly accused of', () => {
  test('commands queued in a transaction are renamed with their buyer', async () => {
    const scope = { buyers: 2, stock: 1, perUserLimit: 1 };
    const found = await exploring(redis.target, commandProbes.watchesHoldings, scope);
    const walked = await exploring(redis.target, commandProbes.watchesHoldings, scope, { merging: false });
    expect(found.reductions.symmetry).toBe(true);
    expect([...found.outcomes].toSorted()).toEqual([...walked.outcomes].toSorted());
    expect(properties(found, 'violated')).toEqual([]);
  });

  test('a timer that was set fires after the answer, too', async () => {
    const found = await exploring(
      redis.target,
      processProbes.givesBackLate,
      { buyers: 2, stock: 1 },
      { auditSamples: 4 },
    );
    expect(properties(found, 'violated')).toContain('oversell');
    expect(found.audit.mismatches).toEqual([]);
  });

  test('a process may die after its last answer, with commands under way', async () => {
    const scope = { buyers: 1, stock: 1, faults: { crash: 1 } };
    const found = await exploring(redis.target, sellingProbes.recordsLater, scope, { auditSamples: 4 });
    expect(properties(found, 'violated')).toContain('lost-sale');
    expect(found.audit.mismatches).toEqual([]);
    const { counterexample } = found.properties['lost-sale'];
    const again = await replay(counterexample!, await subject(sellingProbes.recordsLater), redis.target);
    expect(again.result).toBe('confirmed');
    const calm = await exploring(redis.target, sellingProbes.recordsLater, { buyers: 1, stock: 1 });
    expect(properties(calm, 'violated')).toEqual([]);
  });

  test('a request that was refused and is in the ledger was refused wrongly', async () => {
    const found = await exploring(redis.target, sellingProbes.recordsFirst, { buyers: 2, stock: 1 });
    expect(properties(found, 'violated')).toContain('false-refusal');
  });

  test('background work is replayed as it was explored', async () => {
    const scope = { buyers: 2, stock: 1, jobs: 1 };
    const found = await exploring(redis.target, sellingProbes.looksNowAndThen, scope, { auditSamples: 8 });
    expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
    expect(properties(found, 'violated')).toEqual([]);
  });

  test('background work of a buyer’s process shares its memory with purchases', async () => {
    const scope = { buyers: 2, stock: 1, jobs: 2 } as const;
    const everywhere = { ...scope, workers: 'everywhere' } as const;
    const { sellsWhatItSawLast, refusesByWhatItSawLast } = sellingProbes;
    const found = await exploring(redis.target, sellsWhatItSawLast, everywhere, { auditSamples: 8 });
    expect(properties(found, 'violated')).toContain('oversell');
    expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
    const { counterexample } = found.properties.oversell;
    const again = await replay(counterexample!, await subject(sellsWhatItSawLast), redis.target);
    expect(again.result).toBe('confirmed');
    const right = await exploring(redis.target, refusesByWhatItSawLast, everywhere, { auditSamples: 8 });
    expect(right.coverage).toBe('exhausted');
    expect(properties(right, 'violated')).toEqual([]);
    const byOffices = await exploring(redis.target, sellsWhatItSawLast, { ...scope, offices: 2 });
    expect(properties(byOffices, 'violated')).toEqual([]);
  });

  test('a process that fails every buyer from a script flush on serves none, though a new process would', async () => {
    const scope = { buyers: 1, stock: 1, faults: { 'script-flush': 1 } };
    const found = await exploring(redis.target, commandProbes.loadsItsScriptOnce, scope, { auditSamples: 2 });
    expect(found.audit.mismatches).toEqual([]);
    expect(properties(found, 'violated')).toEqual(['progress']);
    const { counterexample } = found.properties.progress;
    const again = await replay(
      counterexample!,
      await subject(commandProbes.loadsItsScriptOnce),
      redis.target,
    );
    expect(again.result).toBe('confirmed');
    const reloads = await exploring(redis.target, luaDecrement, scope);
    expect(properties(reloads, 'violated')).toEqual([]);
  });

  test('an error after a lost reply is no want of progress: nobody can know', async () => {
    const scope = { buyers: 1, stock: 2, faults: { 'lost-reply': 1 }, client: 'no-retry' } as const;
    const found = await exploring(redis.target, luaDecrement, scope);
    expect(properties(found, 'violated')).toEqual(['stranded']);
  });

  test.each([
    [processProbes.exits, /calls process\.exit/],
    [processProbes.rejects, /a promise is rejected, and nobody catches it: on its own/],
  ])('$name is refused, and what it did is named', async (strategy, message) => {
    await expect(exploring(redis.target, strategy, { buyers: 2, stock: 1 })).rejects.toThrow(message);
  });

  test('a retry on another process chooses as well', async () => {
    const scope = { buyers: 1, stock: 1, faults: { crash: 1, retry: 1 } };
    const found = await exploring(redis.target, processProbes.choosesAWay, scope, { auditSamples: 4 });
    expect(found.coverage).toBe('exhausted');
    expect(found.audit.mismatches).toEqual([]);
  });

  test('what the back office knows of buyers is renamed with them', async () => {
    const scope = { buyers: 2, stock: 1, attempts: 2, jobs: 1 };
    const found = await exploring(redis.target, sellingProbes.letsIn, scope, { auditSamples: 4 });
    const walked = await exploring(redis.target, sellingProbes.letsIn, scope, { merging: false });
    expect(found.reductions.symmetry).toBe(true);
    expect(found.interleavings).toBe(walked.interleavings);
    expect([...found.outcomes].toSorted()).toEqual([...walked.outcomes].toSorted());
    expect(found.audit.mismatches).toEqual([]);
    const without = await exploring(redis.target, sellingProbes.letsIn, scope, {
      rules: { renamedOffice: false },
    });
    expect(without.interleavings).not.toBe(walked.interleavings);
  });

  test('background work goes on while what is left is bought', async () => {
    const scope = { buyers: 1, stock: 2 };
    const found = await exploring(redis.target, sellingProbes.letsIn, scope, { auditSamples: 4 });
    expect(properties(found, 'violated')).toEqual(['progress']);
    expect(found.audit.mismatches).toEqual([]);
    const stuck = await exploring(redis.target, sellingProbes.letsNobodyIn, scope);
    expect(properties(stuck, 'violated')).toEqual(['stranded']);
  });

  test('members of one score may be renamed, unless a command tells their order', async () => {
    const scope = { buyers: 3, stock: 2 };
    const found = await exploring(redis.target, commandProbes.notesUnderOneScore, scope);
    const walked = await exploring(redis.target, commandProbes.notesUnderOneScore, scope, { merging: false });
    expect(found.reductions.symmetry).toBe(true);
    expect(found.interleavings).toBe(walked.interleavings);
    const told = await exploring(redis.target, commandProbes.favoursLowIds, { buyers: 2, stock: 2 });
    expect(told.reductions.symmetry).toBe(false);
  });

  test('WAIT tells of two replicas that follow; without a limit of time it is refused', async () => {
    const scope = { buyers: 2, stock: 1, faults: { 'lost-reply': 1 } };
    const found = await exploring(redis.target, commandProbes.waitsForReplica, scope, { auditSamples: 4 });
    expect(found.coverage).toBe('exhausted');
    expect(found.audit).toEqual({ replayed: 4, mismatches: [] });
    const calm = await exploring(redis.target, commandProbes.waitsForReplica, { buyers: 2, stock: 1 });
    expect(properties(calm, 'violated')).toEqual([]);
    // What the explorer takes for granted, asked of the server: here it answers the same after any time.
    const client = new Redis(redis.target.options);
    expect([await client.wait(1, 1), await client.wait(1, 100)]).toEqual([0, 0]);
    client.disconnect();
    await expect(
      exploring(redis.target, commandProbes.waitsForEver, { buyers: 1, stock: 1 }),
    ).rejects.toThrow(/WAIT, which cannot be explored: where a replica stops following it waits for ever/);
  });
});
