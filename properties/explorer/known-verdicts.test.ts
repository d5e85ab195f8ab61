import { describe, expect, test } from 'vitest';
import { requireExplorable } from '../../harness/explorer/server/explorable.ts';
import { CannotExplore } from '../../harness/explorer/cannot-explore.ts';
import { counterexampleSchema } from '../../harness/documents/counterexample.ts';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { decrementThenCheck } from '../../strategies/decrement-then-check.ts';
import { functionDecrement } from '../../strategies/function-decrement.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { exploring, properties, server, subject } from '../helpers/exploring.ts';
import * as commandProbes from '../helpers/probes/commands.ts';
import * as processProbes from '../helpers/probes/process.ts';

const redis = server();

describe('what is known of the strategies is found', () => {
  test('read-then-write sells one unit twice, in four commands, and the replay confirms it', async () => {
    const found = await exploring(redis.target, readThenWrite, { buyers: 2, stock: 1 });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual(['oversell']);
    const counterexample = counterexampleSchema.parse(
      JSON.parse(JSON.stringify(found.properties.oversell.counterexample)),
    );
    const executed = counterexample.steps.filter((step) => step.event === 'execute');
    expect(executed.map((step) => step.command![0])).toEqual(['GET', 'GET', 'DECRBY', 'DECRBY']);
    expect(counterexample.minimal).toBe(true);
    const again = await replay(counterexample, await subject(readThenWrite), redis.target);
    expect(again.result).toBe('confirmed');
    // The twin: the same schedule does not fit code that sends something else, and is not called confirmed.
    const other = await replay(counterexample, await subject(luaDecrement), redis.target);
    expect(other.result).toBe('diverged');
  });

  test('watch-retry holds for four buyers and two units, over all interleavings', async () => {
    const found = await exploring(redis.target, watchRetry, { buyers: 4, stock: 2, attempts: 4 });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
    const all = ['oversell', 'stranded', 'false-refusal', 'double-sale', 'progress'];
    expect(properties(found, 'holds')).toEqual(all);
  });

  test('the same code over a shared connection oversells', async () => {
    const found = await exploring(redis.target, commandProbes.watchSharedConnection, {
      buyers: 2,
      stock: 1,
      instances: 1,
    });
    expect(properties(found, 'violated')).toContain('oversell');
    const { counterexample } = found.properties.oversell;
    const again = await replay(
      counterexample!,
      await subject(commandProbes.watchSharedConnection),
      redis.target,
    );
    expect(again.result).toBe('confirmed');
  });

  test('decrement-then-check refuses falsely, and a crash strands what it took; it never oversells', async () => {
    const scope = { buyers: 2, stock: 2, quantities: [3, 2] };
    const calm = await exploring(redis.target, decrementThenCheck, scope);
    expect(properties(calm, 'violated')).toEqual(['false-refusal']);
    const crash = await exploring(redis.target, decrementThenCheck, { ...scope, faults: { crash: 1 } });
    expect(properties(crash, 'violated')).toEqual(['stranded', 'false-refusal']);
    for (const { counterexample } of Object.values(crash.properties)) {
      if (!counterexample) continue;
      const again = await replay(counterexample, await subject(decrementThenCheck), redis.target);
      expect(again.result).toBe('confirmed');
    }
  });

  test.each([luaDecrement, functionDecrement, watchRetry])(
    '$name strands what a crashed buyer took',
    async (strategy) => {
      const found = await exploring(redis.target, strategy, { buyers: 3, stock: 2, faults: { crash: 1 } });
      expect(found.coverage).toBe('exhausted');
      expect(properties(found, 'violated')).toEqual(['stranded']);
    },
  );

  test('lua-reserve-once holds through a crash, with a limit per user', async () => {
    const found = await exploring(redis.target, luaReserveOnce, {
      buyers: 3,
      stock: 2,
      perUserLimit: 1,
      faults: { crash: 1 },
    });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
    expect(properties(found, 'n/a')).toEqual([]);
  });

  test('lua-reserve-once keeps the limit when one user buys twice at once', async () => {
    const scope = { buyers: 3, stock: 3, users: 2, perUserLimit: 1 };
    const found = await exploring(redis.target, luaReserveOnce, scope);
    expect(properties(found, 'holds')).toContain('user-limit');
  });
});

describe('what cannot be explored is refused by name', () => {
  test('chance from outside env is repeatable, and caps the coverage at sampled', async () => {
    const first = await exploring(redis.target, processProbes.drawsLots, { buyers: 2, stock: 1 });
    const second = await exploring(redis.target, processProbes.drawsLots, { buyers: 2, stock: 1 });
    expect(first.coverage).toBe('sampled');
    expect([first.states, first.interleavings]).toEqual([second.states, second.interleavings]);
    const without = await exploring(redis.target, luaDecrement, { buyers: 2, stock: 1 });
    expect(without.coverage).toBe('exhausted');
  });

  test.each([
    [processProbes.readsAFile, /waits for a file, which is not Redis \(at .*probes\/process\.ts:\d+/],
    [commandProbes.asksTheTime, /script calls TIME/],
  ])('$name is refused, and what cannot be explored in it is named', async (strategy, message) => {
    await expect(exploring(redis.target, strategy, { buyers: 2, stock: 1 })).rejects.toThrow(message);
  });

  test.each([['HELLO 2'], ['AUTH secret'], ['READONLY'], ['READWRITE'], ['COPY a b DB 1'], ['SELECT 1']])(
    '%s is refused, because it would change the connection or leave the database',
    (command) => {
      expect(() => requireExplorable(command.split(' '))).toThrow(CannotExplore);
    },
  );

  test('but not what stays in it', () => {
    for (const command of ['COPY a b', 'COPY a b REPLACE', 'GET a']) requireExplorable(command.split(' '));
  });

  test('a purchase that can never go on violates progress, unless nothing is left for it', async () => {
    const nothingLeft = await exploring(redis.target, processProbes.hangs, { buyers: 2, stock: 1 });
    expect(properties(nothingLeft, 'violated')).toEqual([]);
    const found = await exploring(redis.target, processProbes.hangs, { buyers: 2, stock: 2 });
    expect(properties(found, 'violated')).toEqual(['progress']);
  });

  test('an hour of waiting takes no time, and hides no race', async () => {
    const found = await exploring(redis.target, processProbes.pauses, { buyers: 2, stock: 1 });
    expect(properties(found, 'violated')).toContain('oversell');
  });
});
