import { describe, expect, test } from 'vitest';
import { soldAtOnce, strategies } from '../helpers/built-ins.ts';
import { exploring, server, subject, type GivenScope } from '../helpers/exploring.ts';
import { expectTwinsToAgree, overSockets, sorted } from '../helpers/honest.ts';
import * as commandProbes from '../helpers/probes/commands.ts';
import * as sellingProbes from '../helpers/probes/selling.ts';
import { decrementThenCheck } from '../../strategies/decrement-then-check.ts';
import { tokenList } from '../../strategies/token-list.ts';
import { rotating } from '../helpers/rotating.ts';

const redis = server();
/** Interleavings over real sockets, about 20 ms each. */
const MOST_REAL = 500;

const calm = { buyers: 2, stock: 1, faults: { crash: 0 } };
const crash = { buyers: 2, stock: 1, faults: { crash: 1 } };

const scopes: [string, GivenScope][] = [
  ['calm', calm],
  ['one crash', crash],
  ['two units', { ...calm, stock: 2 }],
  ['three buyers', { ...calm, buyers: 3 }],
];
const cases = rotating(
  soldAtOnce.flatMap((strategy) =>
    scopes.map(([events, scope]) => ({ name: strategy.name, strategy, events, scope })),
  ),
  8,
  'twins',
);

describe('the reduced search and its honest twins agree', () => {
  test.each(cases)('$name, $events', async ({ strategy, scope }) => {
    await expectTwinsToAgree(redis.target, strategy, scope, 4);
  });
});

describe('over real sockets, on fresh state, with nothing reduced at all', () => {
  const few = strategies.filter(({ name }) =>
    ['decrement-then-check', 'function-decrement', 'read-then-write'].includes(name),
  );

  test.each(few)('$name comes to the same outcomes', async (strategy) => {
    const reduced = await exploring(redis.target, strategy, calm);
    const real = await overSockets(redis.target, await subject(strategy), calm, MOST_REAL);
    expect(real.exhausted).toBe(true);
    expect(sorted(real.outcomes)).toEqual(sorted(reduced.outcomes));
  });

  test.each([
    { strategy: sellingProbes.sellsWhatItSawLast, scope: { jobs: 1, workers: 'everywhere' } },
    { strategy: sellingProbes.looksNowAndThen, scope: { jobs: 1, workers: 'everywhere', offices: 2 } },
    { strategy: decrementThenCheck, scope: { restocks: 1 } },
    { strategy: tokenList, scope: { releases: 1 } },
  ] as const)('$strategy.name comes to the same outcomes with $scope', async ({ strategy, scope: more }) => {
    const scope = { buyers: 1, stock: 1, ...more };
    const reduced = await exploring(redis.target, strategy, scope);
    const real = await overSockets(redis.target, await subject(strategy), scope, MOST_REAL);
    expect(real.exhausted).toBe(true);
    expect(sorted(real.outcomes)).toEqual(sorted(reduced.outcomes));
  });

  test('a search that lost the dirtiness of watched keys would be told apart', async () => {
    const scope = { buyers: 1, stock: 1, faults: { crash: 0 } };
    const strategy = commandProbes.touchesItsOwnWatch;
    const real = await overSockets(redis.target, await subject(strategy), scope, MOST_REAL);
    const reduced = await exploring(redis.target, strategy, scope);
    expect(sorted(real.outcomes)).toEqual(sorted(reduced.outcomes));
    const broken = await exploring(redis.target, strategy, scope, { rules: { ownTouch: false } });
    expect(sorted(broken.outcomes)).not.toEqual(sorted(real.outcomes));
  });
});
