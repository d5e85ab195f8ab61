import { describe, expect, test } from 'vitest';
import { judge } from '../../harness/checkers/judge.ts';
import type { History, Operation } from '../../harness/history/operation.ts';
import { verdicts } from '../helpers/judgements.ts';
import { purchase } from '../helpers/refusals.ts';

const search = { timeoutMs: 20_000 };

describe('what nobody measured is inconclusive, never held', () => {
  const operations = [purchase('a', 'sold', [0, 1]), purchase('b', 'unknown', [2, 3])];
  const complete: History = { sale: { sku: 'tea', stock: 2 }, operations, drained: 0, recorded: null };

  test('a strategy without a ledger has nothing to lose in one', () => {
    const judgement = verdicts(judge(complete, search));
    expect(judgement).toMatchObject({ 'lost-sale': 'n/a', stranded: 'violated' });
  });

  test('a ledger that nobody read may have the missing unit', () => {
    const { recorded, ...unread } = complete;
    expect(recorded).toBeNull();
    expect(verdicts(judge(unread, search))).toMatchObject({
      'lost-sale': 'inconclusive',
      stranded: 'inconclusive',
    });
    // More is missing than any ledger could explain.
    expect(verdicts(judge({ ...unread, sale: { sku: 'tea', stock: 3 } }, search)).stranded).toBe('violated');
  });

  test('a sale that nobody drained may hide a unit', () => {
    const { drained, ...open } = complete;
    expect(drained).toBe(0);
    const judgement = judge(open, search);
    expect(verdicts(judgement)).toMatchObject({ oversell: 'inconclusive', stranded: 'inconclusive' });
    const [why] = judgement.stranded.evidence;
    expect(why!.message).toBe('nobody measured how many units could still be bought at rest');
  });
});

describe('a history that contradicts itself is refused', () => {
  const sold = purchase('a', 'sold', [0, 1]);
  test.each<[string, Operation]>([
    ['another quantity', { ...sold, attempt: 2, quantity: 2 }],
    ['another user', { ...sold, attempt: 2, user: 'somebody else' }],
    ['a release of another quantity', { ...sold, op: 'release', outcome: 'done', quantity: 2 }],
    ['a release by another user', { ...sold, op: 'release', outcome: 'done', user: 'somebody else' }],
    ['an end before the beginning', { ...sold, request: 'b', invoked: 2 }],
    ['a time before the run', { ...sold, request: 'b', invoked: -1 }],
  ])('operation 2 is refused where it brings %s', (_, contradiction) => {
    const sale = { sku: 'tea', stock: 5 };
    expect(() => judge({ sale, operations: [sold, contradiction] }, search)).toThrow('operation 2 ');
    expect(() => judge({ sale, operations: [sold] }, search)).not.toThrow();
  });
});
