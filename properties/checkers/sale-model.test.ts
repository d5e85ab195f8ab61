import { expect, test } from 'vitest';
import { checkLinearizable } from '../../harness/checkers/linearizability.ts';
import type { ModelOperation } from '../../harness/checkers/model.ts';
import { saleModel, type SaleInput, type SaleState } from '../../harness/checkers/sale-model.ts';
import type { Op, Outcome } from '../../harness/documents/vocabulary.ts';

const model = saleModel({ sku: 'tea', stock: 2 }, { letThrough: false });

const holding = (available: number, ...requests: string[]): SaleState => ({
  available,
  holdings: new Map(requests.map((request) => [request, { user: `user-${request}`, quantity: 1 }])),
  heldBy: new Map(),
});

test('two states are the same only if as much is left and the same requests hold units', () => {
  expect(model.equal!(holding(1, 'A', 'B'), holding(1, 'B', 'A'))).toBe(true);
  expect(model.equal!(holding(1, 'A'), holding(1, 'B'))).toBe(false);
  expect(model.equal!(holding(1, 'A'), holding(1, 'A', 'B'))).toBe(false);
  expect(model.equal!(holding(1, 'A'), holding(2, 'A'))).toBe(false);
});

/** Those that ask for one unit are concurrent, and over before one asks for more. */
const operation = (
  op: Op,
  request: string,
  output: Outcome,
  quantity = 1,
): ModelOperation<SaleInput, Outcome> => ({
  process: 0,
  input: { op, request, user: `user-${request}`, quantity },
  output,
  invoked: 2 * quantity,
  completed: 2 * quantity + 1,
});

// Either release may have come before its sale and found nothing. Then one of the two holds a unit, and one is left.
const either = ['A', 'B'].flatMap((request) => [
  operation('purchase', request, 'sold'),
  operation('release', request, 'done'),
]);
const verdict = (...later: ModelOperation<SaleInput, Outcome>[]): string =>
  checkLinearizable(model, [...either, ...later], { timeoutMs: Infinity }).verdict;
const refused = (request: string): ModelOperation<SaleInput, Outcome> =>
  operation('purchase', request, 'sold-out', 2);

test('who holds is remembered: whichever of two is refused two units, the other one holds the second', () => {
  expect(verdict(refused('A'))).toBe('holds');
  expect(verdict(refused('B'))).toBe('holds');
  // A request that holds units is sold again, whatever it asks for: so not both were refused.
  expect(verdict(refused('A'), refused('B'))).toBe('violated');
});
