import { describe, expect, test } from 'vitest';
import { stockKey } from '../../strategies/keys.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { exploring, properties, server, type GivenScope } from '../helpers/exploring.ts';
import { intercepted } from '../helpers/intercepting.ts';
import { LANGUAGES } from '../helpers/languages.ts';
import { ordersOfWatching } from '../helpers/orders-of-watching.ts';
import { isHere, TOOLCHAINS } from '../helpers/toolchains.ts';

const at = server();
const IN_TIME = 900_000;

const SCOPES: readonly (GivenScope & { interleavings: bigint })[] = [
  { buyers: 2, stock: 1, interleavings: 20n },
  { buyers: 3, stock: 2, interleavings: 52_980n },
];

test.each(SCOPES)(
  '$buyers buyers of $stock units have $interleavings orders, counted one by one',
  (scope) => {
    expect(ordersOfWatching(scope)).toBe(scope.interleavings);
  },
);

/** Ends as they are where the stock has the key that strategies give it. */
const renamed = (outcomes: ReadonlySet<string>, stock: string): Set<string> =>
  new Set([...outcomes].map((outcome) => outcome.replaceAll(stock, stockKey('item'))));

for (const language of LANGUAGES) {
  const isMissing = !isHere(TOOLCHAINS[language.toolchain]);
  describe.skipIf(isMissing)(`${language.name}${isMissing ? ', skipped: it is not here' : ''}`, () => {
    test.each(SCOPES)(
      'sells no unit twice, in any of the $interleavings orders of $buyers buyers, and does what the same in TypeScript does',
      async ({ interleavings, ...scope }) => {
        const explored = await intercepted(language.serviceOf('watch'), scope, at.target);
        expect(properties(explored, 'violated')).toEqual([]);
        expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', interleavings });
        expect(explored.audit).toMatchObject({ replayed: 16, mismatches: [] });
        const inProcess = await exploring(at.target, watchRetry, scope);
        expect(renamed(explored.outcomes, language.stock)).toEqual(inProcess.outcomes);
        expect(inProcess.interleavings).toBe(interleavings);
      },
      IN_TIME,
    );

    test(
      'is caught selling a unit twice where it reads and then writes',
      async () => {
        const explored = await intercepted(
          language.serviceOf('read-then-write'),
          { buyers: 2, stock: 1 },
          at.target,
        );
        expect(properties(explored, 'violated')).toEqual(['oversell']);
        expect(explored).toMatchObject({ coverage: 'exhausted', interleavings: 6n });
        expect(explored.audit).toMatchObject({ replayed: 16, mismatches: [] });
        expect(explored.properties.oversell.counterexample).toMatchObject({ minimal: true });
      },
      IN_TIME,
    );
  });
}
