import { describe, expect, test } from 'vitest';
import type { RecordedSale } from '../../strategies/contract.ts';
import { judge } from '../../harness/checkers/judge.ts';
import { judgeAtRest } from '../../harness/checkers/accounting.ts';
import { falseRefusals } from '../../harness/checkers/false-refusals.ts';
import type { Op, Outcome } from '../../harness/documents/vocabulary.ts';
import type { History, Operation } from '../../harness/history/operation.ts';

const PATIENT = { timeoutMs: 5_000 };

const operation = (
  op: Op,
  request: string,
  [outcome, invoked, completed]: [Outcome, number, number],
  user = request,
): Operation => ({
  process: 0,
  request,
  attempt: 1,
  user,
  op,
  quantity: 1,
  invoked,
  completed,
  outcome,
});

const paidBy = (request: string): Operation => operation('confirm', request, ['done', 6, 7], 'ann');
const releasedAt = (from: number): Operation => operation('release', 'A', ['done', from, from + 1], 'ann');
const linesOf = (units: number): RecordedSale[] => [{ userId: 'ann', quantity: units }];

/** The properties that a history of these operations violates. */
function violated(stock: number, operations: Operation[], rest: Partial<History>): string[] {
  const judgement = judge({ sale: { sku: 'tea', stock }, operations, recorded: null, ...rest }, PATIENT);
  return Object.entries(judgement).flatMap(([name, { verdict }]) => (verdict === 'violated' ? [name] : []));
}

describe('where buyers confirm, sold is a hold', () => {
  const held = [operation('purchase', 'A', ['sold', 0, 1]), operation('purchase', 'B', ['sold', 2, 3])];

  test('two who held one unit in turn are no oversell, unless both have paid', () => {
    const paid = [...held, operation('confirm', 'B', ['done', 4, 5])];
    expect(violated(1, paid, { drained: 0 })).toEqual([]);
    expect(violated(1, [...paid, operation('confirm', 'A', ['done', 4, 6])], { drained: 0 })).toEqual([
      'oversell',
    ]);
    expect(violated(1, held, { drained: 0, confirms: true })).toEqual([]);
    expect(violated(1, held, { drained: 0 })).toEqual(['oversell']);
  });

  test('a hold that was given back holds nothing: its unit is left, or is stranded', () => {
    const back = [held[0]!, { ...releasedAt(2), user: 'A' }];
    expect(violated(1, back, { drained: 1, recorded: [], confirms: true })).toEqual([]);
    expect(violated(1, back, { drained: 0, recorded: [], confirms: true })).toEqual(['stranded']);
  });

  test('only what was paid is lost when the ledger has it not', () => {
    const recorded: RecordedSale[] = [];
    const [purchase] = held as [Operation];
    expect(violated(1, [purchase], { drained: 1, recorded, confirms: true })).toEqual([]);
    const paid = [purchase, operation('confirm', 'A', ['done', 2, 3])];
    expect(violated(1, paid, { drained: 1, recorded })).toEqual(['lost-sale']);
    const unknown = [purchase, operation('confirm', 'A', ['unknown', 2, 3])];
    expect(violated(1, unknown, { drained: 1, recorded })).toEqual([]);
  });

  test('who was refunded may not stand in the ledger, and may not have paid before', () => {
    const refunded = [held[0]!, operation('confirm', 'A', ['rejected', 2, 3])];
    const recorded = [{ requestId: 'A', userId: 'A', quantity: 1 }];
    expect(violated(1, refunded, { drained: 1, recorded: [] })).toEqual([]);
    expect(violated(1, refunded, { drained: 0, recorded })).toEqual(['false-refusal']);
    const again = [
      held[0]!,
      operation('confirm', 'A', ['done', 2, 3]),
      operation('confirm', 'A', ['rejected', 4, 5]),
    ];
    expect(violated(1, again, { drained: 0, recorded })).toEqual(['false-refusal']);
    // One that overlapped the payment may have come before it.
    const overlapping = [...again.slice(0, 2), operation('confirm', 'A', ['rejected', 2, 5])];
    expect(violated(1, overlapping, { drained: 0, recorded })).toEqual([]);
  });

  test('a limit counts what was paid', () => {
    const sale = { sku: 'tea', stock: 2, perUserLimit: 1 };
    const both = held.map((one) => ({ ...one, user: 'ann' }));
    const verdict = (operations: Operation[]): string =>
      judge({ sale, operations, drained: 0, recorded: null, confirms: true }, PATIENT)['user-limit'].verdict;
    expect(verdict([...both, paidBy('A')])).toBe('holds');
    expect(verdict([...both, paidBy('A'), paidBy('B')])).toBe('violated');
  });

  test('a refusal after a hold may have come after its lapse, and not after a payment', () => {
    const asked = [
      held[0]!,
      operation('purchase', 'A', ['sold-out', 6, 7]),
      operation('purchase', 'B', ['sold', 4, 5]),
    ];
    const rest = { drained: 0, confirms: true };
    expect(violated(1, asked, rest)).toEqual([]);
    const paid = operation('confirm', 'A', ['done', 2, 3]);
    expect(violated(1, [...asked, paid], rest)).toContain('false-refusal');
  });
});

describe('already-yours', () => {
  const sold = operation('purchase', 'A', ['sold', 0, 1], 'ann');
  const told = operation('purchase', 'B', ['already-yours', 2, 3], 'ann');
  const line = { userId: 'ann', quantity: 1 };

  test('is right while the user holds, by this request or another', () => {
    expect(violated(1, [sold, told], { drained: 0, recorded: [line] })).toEqual([]);
    const unknown = { ...sold, outcome: 'unknown' as const };
    expect(violated(1, [unknown, told], { drained: 0 })).toEqual([]);
    expect(violated(1, [unknown, { ...told, request: 'A' }], { drained: 0, recorded: [line] })).toEqual([]);
  });

  test('is a lost sale where the user holds nothing, at that time or at rest', () => {
    expect(violated(1, [told], { drained: 1 })).toEqual(['lost-sale']);
    expect(violated(1, [{ ...sold, user: 'bob' }, told], { drained: 0 })).toEqual(['lost-sale']);
    expect(violated(2, [sold, told], { drained: 2, recorded: [] })).toEqual(['lost-sale']);
    const later = { ...sold, invoked: 4, completed: 5 };
    expect(violated(1, [told, later], { drained: 0, recorded: [line] })).toEqual(['lost-sale']);
  });

  test('is right after a release only if that may have come later', () => {
    const rest = { drained: 1, recorded: [] };
    expect(violated(1, [sold, told, releasedAt(4)], rest)).toEqual([]);
    const early = [sold, releasedAt(1.2), { ...told, invoked: 4, completed: 5 }];
    expect(violated(1, early, rest)).toEqual(['lost-sale']);
  });

  test('has a place in the order of the operations', () => {
    const sale = { sku: 'tea', stock: 1 };
    expect(falseRefusals(sale, [sold, told])).toEqual([]);
    expect(falseRefusals(sale, [{ ...sold, user: 'bob' }, told])).toEqual([told]);
    expect(falseRefusals(sale, [{ ...sold, invoked: 4, completed: 5 }, told])).toEqual([told]);
  });
});

test('already-yours is right where the ledger has what a first sending took', () => {
  const told = [operation('purchase', 'B', ['already-yours', 2, 3], 'ann')];
  expect(violated(1, told, { drained: 0, recorded: [{ userId: 'ann', quantity: 1 }] })).toEqual([]);
  expect(violated(1, told, { drained: 1, recorded: [] })).toEqual(['lost-sale']);
});

describe("a line of the ledger without a request is its user's", () => {
  const requests = ['A', 'B'].map((requestId) => ({
    requestId,
    userId: 'ann',
    quantity: 1,
    outcome: 'sold' as const,
    resent: false,
    released: 0,
  }));
  const doubled = (units: number, asked = requests): string =>
    judgeAtRest({
      sale: { sku: 'tea', stock: 5 },
      restocked: 0,
      drained: 5 - units,
      requests: asked,
      recorded: Array.from({ length: units }, () => ({ userId: 'ann', quantity: 1 })),
    })['double-sale'].verdict;

  test('and a double sale is judged per user', () => {
    expect(doubled(2)).toBe('holds');
    expect(doubled(3)).toBe('violated');
    expect(doubled(2, requests.slice(1))).toBe('violated');
    expect(doubled(1, [])).toBe('violated');
  });

  test('in a history as well', () => {
    const asked = ['A', 'B'].map((request) => operation('purchase', request, ['sold', 0, 1], 'ann'));
    expect(violated(5, asked, { drained: 3, recorded: linesOf(2) })).toEqual([]);
    expect(violated(5, asked, { drained: 2, recorded: linesOf(3) })).toEqual(['double-sale']);
    expect(violated(5, asked, { drained: 4, recorded: linesOf(1) })).toEqual(['lost-sale']);
    expect(violated(5, [], { drained: 4, recorded: linesOf(1) })).toContain('double-sale');
  });
});
