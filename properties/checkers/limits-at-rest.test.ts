import { describe, expect, test } from 'vitest';
import type { Allowance, FactsAtRest } from '../../harness/checkers/facts.ts';
import { facts, ledger, message, request, sound, verdictsOf } from '../helpers/accounts.ts';

describe('a limit is judged by what each user can still buy at rest', () => {
  const sale = { sku: 'tea', stock: 3, perUserLimit: 1 };
  const died = request('a', { outcome: 'unknown' });
  const asked = (allowance: Allowance, change: Partial<FactsAtRest> = {}): FactsAtRest => ({
    ...facts({ sale, requests: [died], recorded: [], drained: 3, ...change }),
    allowances: new Map([['user of a', allowance]]),
  });
  const told = (allowance: Allowance, change: Partial<FactsAtRest> = {}) =>
    verdictsOf(asked(allowance, change));

  test('a purchase that came to nothing has used nothing up', () => {
    expect(told({ bought: 1, refusal: 'limit-reached' })['false-refusal']).toBe('holds');
    const found = asked({ bought: 0, refusal: 'limit-reached' });
    expect(verdictsOf(found)['false-refusal']).toBe('violated');
    expect(message(found, 'false-refusal')).toBe(
      'user of a holds 0 of at most 1 and is told limit-reached at rest, while units are left',
    );
    // Without a ledger it may have sold, unless all units are there.
    const { recorded: _none, ...withoutLedger } = found;
    expect(verdictsOf({ ...withoutLedger, drained: 2 })['false-refusal']).toBe('holds');
    expect(verdictsOf(withoutLedger)['false-refusal']).toBe('violated');
  });

  test('what the ledger has counts, whoever was told what', () => {
    const full = { recorded: ledger('a'), drained: 2 };
    expect(told({ bought: 0, refusal: 'limit-reached' }, full)['false-refusal']).toBe('holds');
    expect(told({ bought: 0 }, full)['user-limit']).toBe('holds');
    const found = asked({ bought: 1 }, full);
    expect(verdictsOf(found)['user-limit']).toBe('violated');
    expect(message(found, 'user-limit')).toBe('user of a holds 1 and can buy 1 more; the limit is 1');
    // Where buyers confirm, what is bought is a hold.
    expect(verdictsOf({ ...found, confirmed: true })['user-limit']).toBe('holds');
  });

  test('a release that came meanwhile is judged by what is left', () => {
    const cancelled = { requests: [request('a', { releasedUnknown: 1 })], recorded: ledger('a') };
    // A unit is gone, and nobody else can have it.
    expect(told({ bought: 1 }, { ...cancelled, drained: 2 })['user-limit']).toBe('violated');
    // All units are there: the line is one of what was given back.
    expect(told({ bought: 1 }, { ...cancelled, drained: 3 })['user-limit']).toBe('holds');
    // Another may have it.
    const two = [...cancelled.requests, request('b', { releasedUnknown: 1 })];
    const both = { ...cancelled, requests: two, recorded: ledger('a', 'b'), drained: 2 };
    expect(told({ bought: 1 }, both)['user-limit']).toBe('holds');
    // Nobody: that unit is stranded, and is not held against the user.
    const lost = told({ bought: 1 }, { ...cancelled, drained: 1 });
    expect(lost).toMatchObject({ stranded: 'violated', 'user-limit': 'holds' });
  });

  test('nothing keeps a user out while units are left', () => {
    for (const refusal of ['sold-out', 'gave-up', 'rejected', 'unknown'] as const) {
      const { 'false-refusal': refused, progress } = told({ bought: 0, refusal });
      expect([refused, progress]).toEqual(
        refusal === 'sold-out' ? ['violated', 'holds'] : ['holds', 'violated'],
      );
      // Nothing is left, or the limit is reached.
      expect(told({ bought: 3, refusal }, { sale: { ...sale, perUserLimit: 4 } })).toMatchObject({
        'false-refusal': 'holds',
        progress: 'holds',
      });
      expect(told({ bought: 1, refusal })).toMatchObject({ 'false-refusal': 'holds', progress: 'holds' });
    }
  });

  test('where no limit is given, code may have one of its own, but keeps out nobody who has nothing', () => {
    const open = { sale: { sku: 'tea', stock: 3 }, recorded: ledger('a'), drained: 2 };
    for (const refusal of ['limit-reached', 'rejected', 'already-yours'] as const) {
      const judged = told({ bought: 0, refusal }, open);
      expect(judged).toMatchObject({ 'false-refusal': 'holds', progress: 'holds', 'lost-sale': 'holds' });
    }
    expect(message(asked({ bought: 0, refusal: 'rejected' }), 'progress')).toBe(
      'user of a holds 0 of at most 1 and is refused by a DefiniteError at rest, while 3 units could still be bought',
    );
    const nothing = { ...open, recorded: [], drained: 3 };
    expect(told({ bought: 0, refusal: 'limit-reached' }, nothing)['false-refusal']).toBe('violated');
    expect(told({ bought: 0, refusal: 'rejected' }, nothing).progress).toBe('violated');
  });

  test('a release without an answer is one for stock and limit alike', () => {
    const sold = { requests: [request('a', { releasedUnknown: 1 })], recorded: ledger('a') };
    const refused = { bought: 0, refusal: 'limit-reached' } as const;
    // The unit is for sale again, so nobody has it.
    expect(told(refused, { ...sold, drained: 3 })['false-refusal']).toBe('violated');
    expect(told(refused, { ...sold, drained: 2 })['false-refusal']).toBe('holds');
  });

  test('who is told that they have something has it', () => {
    expect(told({ bought: 0, refusal: 'already-yours' })['lost-sale']).toBe('violated');
    expect(told({ bought: 1, refusal: 'already-yours' })['lost-sale']).toBe('holds');
    const released = { requests: [request('a', { released: 1 })] };
    expect(told({ bought: 0, refusal: 'already-yours' }, released)['lost-sale']).toBe('violated');
    const bought = { recorded: ledger('a'), drained: 2 };
    expect(told({ bought: 0, refusal: 'already-yours' }, bought)['lost-sale']).toBe('holds');
  });
});

const lineOf = (userId: string): FactsAtRest =>
  facts({
    requests: [request('a'), request('b', { outcome: 'sold-out' })],
    recorded: [{ requestId: 'a', userId, quantity: 1 }],
    drained: 1,
  });

test('a line of the ledger that names another buyer is nobody’s order, and not the buyer’s', () => {
  expect(verdictsOf(lineOf('user of a'))).toEqual({ ...sound, 'lost-sale': 'holds' });
  expect(verdictsOf(lineOf('user of b'))).toEqual({
    ...sound,
    'double-sale': 'violated',
    'lost-sale': 'violated',
  });
  // A name that is no buyer's, or none, says nothing against it.
  for (const name of ['', 'a']) expect(verdictsOf(lineOf(name))).toEqual({ ...sound, 'lost-sale': 'holds' });
});
