import { expect, test } from 'vitest';
import { judge } from '../../harness/checkers/judge.ts';
import type { Outcome } from '../../harness/documents/vocabulary.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { verdicts } from '../helpers/judgements.ts';

/** One buyer who asks for one of two units again and again, and the ledger afterwards. */
function asked(outcomes: readonly Outcome[], units: number): Partial<ReturnType<typeof verdicts>> {
  const operations = outcomes.map((outcome, i): Operation => ({
    process: 0,
    op: 'purchase',
    request: 'A',
    user: 'user-A',
    quantity: 1,
    attempt: i + 1,
    invoked: 10 * i,
    completed: 10 * i + 5,
    outcome,
  }));
  const recorded = units > 0 ? [{ requestId: 'A', userId: 'user-A', quantity: units }] : [];
  const history = { sale: { sku: 'tea', stock: 2 }, operations, recorded, drained: 2 - units };
  return verdicts(judge(history, { timeoutMs: 20_000 }));
}

test('a request that was sold is sold, whatever it is told when it asks again', () => {
  expect(asked(['sold', 'rejected'], 1)).toMatchObject({ 'lost-sale': 'holds', stranded: 'holds' });
  expect(asked(['sold', 'rejected'], 0)).toMatchObject({ 'lost-sale': 'violated' });
});

test('a request whose first attempt may have sold is not known to be refused by its second', () => {
  expect(asked(['unknown', 'rejected'], 1)).toMatchObject({ 'false-refusal': 'holds', 'lost-sale': 'holds' });
  expect(asked(['unknown', 'rejected'], 0)).toMatchObject({ 'false-refusal': 'holds', 'lost-sale': 'holds' });
  // Its twin: whoever was told twice that it had no effect holds nothing.
  expect(asked(['rejected', 'rejected'], 1)).toMatchObject({ 'false-refusal': 'violated' });
});

test.each(['gave-up', 'rejected'] as const)(
  'a request that was sold is refused wrongly when it asks again and is told %s',
  (refusal) => {
    expect(asked(['sold', refusal], 1)).toMatchObject({ 'false-refusal': 'violated' });
    // Its twins: one that may have been asked before it was sold, or of which an attempt is unknown.
    expect(asked([refusal, 'sold'], 1)).toMatchObject({ 'false-refusal': 'holds' });
    expect(asked(['sold', refusal, 'unknown'], 1)).toMatchObject({ 'false-refusal': 'holds' });
    expect(asked(['sold', 'sold'], 1)).toMatchObject({ 'false-refusal': 'holds' });
  },
);

/** Two requests of one user that were sold, and lines of the ledger, each of a request or of none. */
function namedBy(...requestIds: readonly (string | undefined)[]): ReturnType<typeof verdicts> {
  const operations = ['A', 'B'].map((request, i): Operation => ({
    process: 0,
    op: 'purchase',
    request,
    user: 'ann',
    quantity: 1,
    attempt: 1,
    invoked: 10 * i,
    completed: 10 * i + 5,
    outcome: 'sold',
  }));
  const recorded = requestIds.map((requestId) => ({
    ...(requestId !== undefined && { requestId }),
    userId: 'ann',
    quantity: 1,
  }));
  const history = { sale: { sku: 'tea', stock: 2 }, operations, recorded, drained: 2 - recorded.length };
  return verdicts(judge(history, { timeoutMs: 20_000 }));
}

test('lines that name no request are of those that no line names', () => {
  const right = { 'double-sale': 'holds', 'lost-sale': 'holds' };
  for (const ids of [
    ['A', undefined],
    [undefined, 'A'],
    ['B', undefined],
    [undefined, undefined],
  ])
    expect(namedBy(...ids)).toMatchObject(right);
  expect(namedBy('A', 'A')).toMatchObject({ 'double-sale': 'violated', 'lost-sale': 'violated' });
  expect(namedBy('A')).toMatchObject({ 'lost-sale': 'violated' });
});

/** One that was sold, given back until then, and sold anew; and how many units the ledger has of it. */
function soldAnew(releasedUntil: number | undefined, units: number): ReturnType<typeof verdicts> {
  const shared = { process: 0, request: 'A', user: 'ann', quantity: 1, attempt: 1 };
  const operations: Operation[] = [
    { ...shared, op: 'purchase', invoked: 0, completed: 10, outcome: 'sold' },
    {
      ...shared,
      op: 'release',
      invoked: 20,
      completed: releasedUntil ?? Infinity,
      outcome: releasedUntil === undefined ? 'unknown' : 'done',
    },
    { ...shared, op: 'purchase', attempt: 2, invoked: 40, completed: 50, outcome: 'sold' },
  ];
  const recorded = units > 0 ? [{ requestId: 'A', userId: 'ann', quantity: units }] : [];
  const history = { sale: { sku: 'tea', stock: 1 }, operations, recorded, drained: 1 - units };
  return verdicts(judge(history, { timeoutMs: 20_000 }));
}

test('what is sold anew after it was given back is lost where the ledger lacks it', () => {
  expect(soldAnew(30, 0)).toMatchObject({ 'lost-sale': 'violated' });
  expect(soldAnew(30, 1)).toMatchObject({ 'lost-sale': 'holds', 'double-sale': 'holds', oversell: 'holds' });
  // Its twins: a release that may have come after the second sale.
  expect(soldAnew(45, 0)).toMatchObject({ 'lost-sale': 'holds', stranded: 'holds' });
  expect(soldAnew(undefined, 0)).toMatchObject({ 'lost-sale': 'holds', stranded: 'holds' });
});
