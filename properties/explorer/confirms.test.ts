import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../strategies/contract.ts';
import { holdThenConfirm } from '../../strategies/hold-then-confirm.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import * as confirms from '../corpus/confirms.ts';
import { subject } from '../corpus/corpus.ts';
import { exploring, properties, server, type GivenScope } from '../helpers/exploring.ts';
import { caughtAndSpared } from '../helpers/probe-files.ts';
import { overSockets, sorted, withoutReductions } from '../helpers/honest.ts';
import { rotating } from '../helpers/rotating.ts';

const redis = server();
/** Interleavings over real sockets, about 20 ms each. */
const MOST_REAL = 1_500;

/**
 * Answers and content. Scripts are left out, as only who ran them knows them by name; and verdicts, which are compared as
 * a set: two confirms that overlap excuse each other, and where a confirm begins with its first command fewer do.
 */
const plain = (outcomes: Iterable<string>): string[] =>
  [
    ...new Set(
      [...outcomes].map((outcome) => {
        const [answers, , content] = JSON.parse(outcome) as [string[], string[], string];
        return JSON.stringify([answers, content.replaceAll(/"[0-9a-f]{40}( [0-9a-f]{40})*"/g, '""')]);
      }),
    ),
  ].toSorted();

/** Compares the reduced search with every interleaving over real sockets. */
async function compare(strategy: Strategy, scope: GivenScope): Promise<void> {
  const reduced = await explored(strategy, scope);
  const real = await overSockets(redis.target, await subject(strategy), scope, MOST_REAL);
  expect(real.exhausted).toBe(true);
  expect(plain(real.outcomes)).toEqual(plain(reduced.outcomes));
  expect([...real.violated].toSorted()).toEqual(properties(reduced, 'violated').toSorted());
  expect(reduced.audit).toEqual({ replayed: 8, mismatches: [] });
}

const explored = async (strategy: Strategy, scope: GivenScope) =>
  exploring(redis.target, strategy, scope, { subject: await subject(strategy), auditSamples: 8 });

const one = { buyers: 1, stock: 1 };
const strategies = [
  confirms.holdsUntilPaid,
  confirms.confirmsAnothersHold,
  confirms.confirmsWhatRanOut,
  confirms.takesWhenPaid,
  confirms.confirmsOnce,
  confirms.refusesWhatIsHeld,
  confirms.remembersHoldsInMemory,
  confirms.forgetsWhoPaid,
  confirms.failsInTime,
];

describe('over real sockets, with nothing reduced, confirms come to the same outcomes', () => {
  test.each(rotating(strategies, 4, 'paid'))('$name, paid and paid twice', (strategy) =>
    compare(strategy, { ...one, stock: 2, confirms: 2 }),
  );

  test('and so do those whose process dies, or whose reply is lost', async () => {
    await compare(confirms.holdsUntilPaid, { ...one, confirms: 1, faults: { crash: 1 } });
    await compare(confirms.holdsUntilPaid, { ...one, confirms: 1, faults: { 'lost-reply': 1 } });
  });

  test('a search without a late confirm would be told apart', async () => {
    const scope = { buyers: 2, stock: 1, confirms: 1 };
    const all = await explored(confirms.confirmsWhatRanOut, scope);
    expect(properties(all, 'violated')).toContain('oversell');
    const never = await explored(confirms.confirmsWhatRanOut, { ...scope, buyers: 1 });
    expect(properties(never, 'violated')).not.toContain('oversell');
  });
});

describe('walked with nothing merged or fused, two buyers who confirm come to the same outcomes', () => {
  test.each(rotating([confirms.holdsUntilPaid, confirms.confirmsWhatRanOut, holdThenConfirm], 1, 'walked'))(
    '$name',
    async (strategy) => {
      const scope = { buyers: 2, stock: 1, confirms: 2 };
      const reduced = await explored(strategy, scope);
      const unreduced = await withoutReductions(redis.target, await subject(strategy), scope);
      expect(sorted(unreduced)).toEqual(sorted(reduced.outcomes));
    },
  );
});

describe('where buyers confirm', () => {
  const given = { ...one, releases: 1, confirms: 1 };
  caughtAndSpared(redis, {
    file: 'payments',
    wrong: 'forgets-what-was-paid',
    right: 'gives-back-what-was-paid',
    scope: given,
    property: 'stranded',
  });
  caughtAndSpared(redis, {
    file: 'payments',
    wrong: 'sells-what-is-left',
    right: 'looks-who-leaves',
    scope: given,
  });

  test('only a confirm that returned acknowledges: two who held one unit in turn are no oversell', async () => {
    const { properties: found, outcomes } = await explored(confirms.holdsUntilPaid, { buyers: 2, stock: 1 });
    const told = [...outcomes].map((outcome) => (JSON.parse(outcome) as [string[]])[0]);
    expect(
      told.some((answers) => answers.filter((answer) => answer.endsWith('purchase sold')).length === 2),
    ).toBe(true);
    expect(found.oversell.verdict).toBe('holds');
    const wrong = await explored(confirms.holdsForAll, { buyers: 2, stock: 1, confirms: 2 });
    expect(properties(wrong, 'violated')).toContain('oversell');
  });

  test('each may do so once, and one of them twice, unless the scope says otherwise', async () => {
    const { scope, unspent } = await explored(confirms.holdsUntilPaid, { buyers: 2, stock: 1 });
    expect(scope.confirms).toBe(3);
    expect(unspent).toBeUndefined();
  });

  test('where the strategy has none to confirm by, they are refused: else nothing would ever count as sold', async () => {
    const scope = { buyers: 2, stock: 1 };
    for (const unreduced of [false, true])
      await expect(
        exploring(redis.target, readThenWrite, { ...scope, confirms: 1 }, { unreduced }),
      ).rejects.toThrow('the strategy has no confirm()');
    expect(properties(await exploring(redis.target, readThenWrite, scope), 'violated')).toContain('oversell');
  });

  test('a diagram says who confirms, and where', async () => {
    const { properties: found } = await explored(confirms.remembersHoldsInMemory, { ...one, confirms: 1 });
    const steps = found['false-refusal'].counterexample!.steps;
    expect(steps).toContainEqual(
      expect.objectContaining({ actor: 'A', event: 'confirm', detail: ' in another process' }),
    );
    expect(steps.at(-1)!.answers).toEqual(['rejected']);
  });
});
