import { describe, expect, test } from 'vitest';
import { falseRefusals, type OrderedOperation } from '../../harness/checkers/false-refusals.ts';
import { judge } from '../../harness/checkers/judge.ts';
import type { Operation } from '../../harness/history/operation.ts';

const sale = { sku: 'p', stock: 1 };

const purchase = (
  name: string,
  [invoked, completed]: readonly [number, number],
  outcome: OrderedOperation['outcome'],
  user = `user of ${name}`,
): OrderedOperation => ({ request: name, user, op: 'purchase', quantity: 1, invoked, completed, outcome });

/** Refused meanwhile, and before or after. */
const failed = purchase('failed', [10, 20], 'rejected');
const meanwhile = purchase('meanwhile', [12, 14], 'sold-out');
const before = purchase('before', [1, 2], 'sold-out');
const after = purchase('after', [21, 22], 'sold-out');

describe('a purchase that failed, of a strategy that reserves,', () => {
  test('explains who was refused while it held its units, and nobody else', () => {
    const refused = [before, meanwhile, after];
    expect(falseRefusals(sale, refused, [failed])).toEqual([before, after]);
    // Without that declaration, nobody.
    expect(falseRefusals(sale, refused)).toEqual(refused);
  });

  test('has held nothing where there was nothing to hold', () => {
    const sold = purchase('sold', [1, 9], 'sold');
    const gone = purchase('gone', [21, 22], 'sold-out');
    expect(falseRefusals(sale, [sold, gone], [failed])).toEqual([]);
    // Two were needed, and one alone had been there.
    const both = { ...purchase('both', [12, 14], 'sold-out'), quantity: 1 };
    const more = { ...failed, quantity: 2 };
    expect(falseRefusals(sale, [both], [more])).toEqual([both]);
  });

  test('gives back before it is over, so that two refusals with a sale between need two of them', () => {
    const first = purchase('first', [12, 13], 'sold-out');
    const sold = purchase('sold', [14, 15], 'sold');
    const back: OrderedOperation = { ...sold, op: 'release', invoked: 16, completed: 17, outcome: 'done' };
    const second = purchase('second', [18, 19], 'sold-out');
    const other = { ...failed, request: 'other', user: 'other' };
    expect(falseRefusals(sale, [first, sold, back, second], [failed])).toEqual([second]);
    expect(falseRefusals(sale, [first, sold, back, second], [failed, other])).toEqual([]);
  });

  test('of unknown outcome may be refused later itself', () => {
    const unknown = { ...failed, outcome: 'unknown' as const };
    const again = purchase('failed', [30, 31], 'sold-out', failed.user);
    const sold = purchase('sold', [21, 22], 'sold');
    const history = [unknown, meanwhile, sold, again];
    expect(falseRefusals(sale, history, [unknown])).toEqual([]);
    expect(falseRefusals(sale, history)).not.toEqual([]);
  });

  test('is no reason to say that its user holds units', () => {
    const claim = purchase('claim', [12, 14], 'already-yours', failed.user);
    expect(falseRefusals(sale, [claim], [failed])).toEqual([claim]);
    // Of a limit it is one.
    const limited = { ...sale, stock: 2, perUserLimit: 1 };
    const limit = purchase('limit', [12, 14], 'limit-reached', failed.user);
    expect(falseRefusals(limited, [limit], [failed])).toEqual([]);
  });
});

const operation = (ordered: OrderedOperation, process: number): Operation => ({
  ...ordered,
  process,
  attempt: 1,
});

/** Of a large sale. */
const verdict = (operations: OrderedOperation[], reserves?: boolean): string =>
  judge(
    {
      sale,
      operations: operations.map(operation),
      drained: 1,
      recorded: null,
      ...(reserves && { reserves }),
    },
    { timeoutMs: 1_000 },
  )['false-refusal'].verdict;

test('of a large sale it is not decided whether a purchase that failed explains a refusal', () => {
  expect(verdict([failed, meanwhile], true)).toBe('inconclusive');
  expect(verdict([failed, meanwhile])).toBe('violated');
  expect(verdict([meanwhile], true)).toBe('violated');
});
