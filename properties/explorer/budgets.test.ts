import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EXTRAS, FAULTS, faultRow, KEY_FAULTS, SERVER_FAULTS } from '../../harness/documents/faults.ts';
import { MOST_OF_ONE } from '../../harness/documents/limits.ts';
import { amountsOf, Budgets } from '../../harness/explorer/scope/budgets.ts';
import { scopeOf } from '../helpers/exploring.ts';

const amount = fc.integer({ min: 0, max: MOST_OF_ONE });
/** Scopes with up to ten kinds of extras, which always fit. */
const scopes = fc
  .record({
    faults: fc.dictionary(fc.constantFrom(...FAULTS), amount, { maxKeys: 7 }),
    releases: amount,
    restocks: amount,
    jobs: amount,
  })
  .map((given) => scopeOf({ buyers: 2, stock: 1, ...given }));

test('what is spent of one extra is missing from that one alone, whatever else the scope allows', () => {
  fc.assert(
    fc.property(scopes, fc.infiniteStream(fc.nat()), (scope, picks) => {
      const budgets = new Budgets(scope);
      const left = amountsOf(scope);
      for (let packed = budgets.whole; ;) {
        for (const extra of EXTRAS)
          expect(budgets.left(packed, extra)).toBe(left[faultRow(extra).partOf ?? extra]);
        const possible = EXTRAS.filter((extra) => left[extra] > 0);
        if (possible.length === 0) break;
        const spent = possible[picks.next().value! % possible.length]!;
        packed = budgets.spend(packed, spent);
        left[spent]--;
      }
    }),
  );
});

test('what is part of a fault comes as long as that is left, and costs nothing', () => {
  const budgets = new Budgets(scopeOf({ buyers: 1, stock: 1, faults: { failover: 1 } }));
  expect(budgets.spend(budgets.whole, 'lag')).toBe(budgets.whole);
  const spent = budgets.spend(budgets.whole, 'failover');
  expect(budgets.left(spent, 'lag')).toBe(0);
  expect(() => budgets.spend(spent, 'lag')).toThrow(/^no .+ is left to spend$/);
});

test('what is not there cannot be spent', () => {
  const budgets = new Budgets(scopeOf({ buyers: 1, stock: 1, faults: { crash: 1 } }));
  const spent = budgets.spend(budgets.whole, 'crash');
  expect(() => budgets.spend(spent, 'crash')).toThrow(/^no .+ is left to spend$/);
  expect(() => budgets.spend(spent, 'evict')).toThrow(/^no .+ is left to spend$/);
});

test('a scope with more faults than fit is refused, and its error names each of them', () => {
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 255]));
  const scope = scopeOf({ buyers: 1, stock: 1, faults, jobs: 1 });
  const named = new RegExp([...FAULTS.map((fault) => `${fault}=255`), 'job=1'].join('.*'));
  expect(() => new Budgets(scope)).toThrow(named);
});

test('every fault of a key or of the server says how the server is told, and no other fault does', () => {
  const told = EXTRAS.filter((extra) => faultRow(extra).commands !== undefined);
  expect(told).toEqual([...KEY_FAULTS, ...SERVER_FAULTS]);
});
