import { describe, expect, test } from 'vitest';
import { drawOf } from '../../harness/explorer/server/draws.ts';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { everyRealInterleaving } from '../../harness/explorer/sockets/unreduced.ts';
import type { KeyContent } from '../../harness/explorer/server/content.ts';
import type { Strategy } from '../../strategies/contract.ts';
import { exploring, properties, scopeOf, server, subject } from '../helpers/exploring.ts';
import * as commandProbes from '../helpers/probes/commands.ts';

const redis = server();
const alone = { buyers: 1, stock: 3 };

describe('what the server draws is tried in every way in which it can come out', () => {
  test.each([
    { strategy: commandProbes.drawsAUnit, outcomes: 3n },
    { strategy: commandProbes.drawsTwoUnits, outcomes: 3n },
    { strategy: commandProbes.drawsAllUnits, outcomes: 1n },
  ])(
    '$strategy.name is explored in as many ways as its draw has outcomes',
    async ({ strategy, outcomes }) => {
      const found = await exploring(redis.target, strategy, alone, { auditSamples: 8 });
      expect(found.coverage).toBe('exhausted');
      expect(found.interleavings).toBe(outcomes);
      // Each sampled interleaving is drawn again over real sockets, with the reply that the search knows.
      expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
      expect(properties(found, 'violated')).toContain('false-refusal');
      const { counterexample } = found.properties['false-refusal'];
      const again = await replay(counterexample!, await subject(strategy), redis.target);
      expect(again.result).toBe('confirmed');
    },
  );

  test('a search that takes the first way misses what the others lead to', async () => {
    const found = await exploring(redis.target, commandProbes.drawsAUnit, alone, {
      rules: { allDraws: false },
    });
    expect(found.interleavings).toBe(1n);
    expect(properties(found, 'violated')).not.toContain('false-refusal');
  });

  test.each([commandProbes.drawsAUnit, commandProbes.drawsTwoUnits])(
    '$name: two buyers come to the same outcomes over real sockets, with nothing reduced',
    async (strategy) => {
      const scope = { buyers: 2, stock: 3 };
      const reduced = await exploring(redis.target, strategy, scope);
      expect([...(await unreduced(strategy, scope))].toSorted()).toEqual([...reduced.outcomes].toSorted());
    },
  );

  test.each([commandProbes.drawsInATransaction, commandProbes.drawsInAScript])(
    '$name is refused, and the command that draws is named',
    async (strategy) => {
      await expect(exploring(redis.target, strategy, alone)).rejects.toThrow(/SPOP.*cannot be explored/);
    },
  );
});

test('a draw is every choice of as many members as asked for, and none where all are taken', () => {
  const keys: KeyContent[] = [{ key: 'units', volatile: false, type: 'set', items: ['a', 'b', 'c'] }];
  const outcomes = (...args: string[]): string[] | undefined =>
    drawOf(['spop', ...args], keys)?.outcomes.map((members) => members.join(''));
  expect(outcomes('units')).toEqual(['a', 'b', 'c']);
  expect(outcomes('units', '2')).toEqual(['ab', 'ac', 'bc']);
  for (const certain of [['units', '3'], ['units', '0'], ['units', 'two'], ['other'], ['units', '1', 'x']]) {
    expect(outcomes(...certain)).toBeUndefined();
  }
  const many = [{ ...keys[0]!, items: Array.from({ length: 40 }, (_, i) => String(i)) }];
  expect(() => drawOf(['SPOP', 'units', '20'], many)).toThrow(/137846528820 possible outcomes/);
});

async function unreduced(
  strategy: Strategy,
  scope: { buyers: number; stock: number },
): Promise<ReadonlySet<string>> {
  using _ = virtualGlobals();
  const memo = await ServerMemo.open(redis.target);
  const found = await everyRealInterleaving(
    scopeOf(scope),
    { subject: await subject(strategy), memo, target: redis.target },
    { most: 2_000 },
  );
  await memo.close();
  expect(found.exhausted).toBe(true);
  return found.outcomes;
}
