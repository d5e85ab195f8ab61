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
