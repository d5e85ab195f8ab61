import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sale } from '../strategies/contract.ts';
import type { PropertyVerdict } from '../harness/checkers/checker.ts';
import { foldRequests } from '../harness/checkers/requests.ts';
import { judgeRefusals } from '../harness/checkers/stock-order.ts';
import { OperationColumns } from '../harness/history/columns.ts';
import type { Operation } from '../harness/history/operation.ts';
import { smallHistory, someOrderExplains } from './histories.ts';

const refusals = (sale: Sale, history: Operation[], timeoutMs = 20_000): PropertyVerdict => {
  const operations = OperationColumns.from(history);
  return judgeRefusals(sale, operations, foldRequests(operations), { timeoutMs });
};

test('the sweep agrees with the trial of every order on any small history', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(smallHistory(6), ({ sale, operations }) => {
      const { verdict, note } = refusals(sale, operations);
      expect(verdict).toBe(someOrderExplains(sale, operations, true) ? 'holds' : 'violated');
      const how = note === undefined ? `${verdict} by the sweep` : `${verdict} by the search`;
      seen.set(how, (seen.get(how) ?? 0) + 1);
    }),
    { numRuns: 4000 },
  );
  // Both ways are taken, and neither answer is a rare accident of the generator.
  expect([...seen.keys()].toSorted()).toEqual([
    'holds by the search',
    'holds by the sweep',
    'violated by the search',
    'violated by the sweep',
  ]);
  expect(Math.min(...seen.values())).toBeGreaterThan(2);
});
