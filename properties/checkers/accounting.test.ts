import type { Verdict } from '../../harness/documents/vocabulary.ts';
import { describe, expect, test } from 'vitest';
import { judgeAtRest, type Accounts } from '../../harness/checkers/accounting.ts';
import { outcomeOfAttempts, type FactsAtRest } from '../../harness/checkers/facts.ts';
import { facts, ledger, message, request, sound, unitsOf, verdictsOf } from '../helpers/accounts.ts';

describe('a sale whose sums agree is never blamed', () => {
  test.each<[string, FactsAtRest, Partial<Record<keyof Accounts, Verdict>>]>([
    ['all sold', facts(), {}],
    ['one sold, one left', facts({ requests: [request('a')], drained: 1 }), {}],
    [
      'sold, given back, sold again',
      facts({ requests: [request('a', { released: 1 }), request('b')], drained: 1 }),
      {},
    ],
    ['restocked', facts({ restocked: 3, drained: 3 }), {}],
    ['a stock below zero takes no unit from anybody', facts({ drained: -1 }), {}],
    ['with a ledger', facts({ recorded: ledger('a', 'b') }), { 'lost-sale': 'holds' }],
    [
      'unknown, and the ledger says sold',
      facts({ requests: [request('a'), request('b', { outcome: 'unknown' })], recorded: ledger('a', 'b') }),
      { 'lost-sale': 'holds' },
    ],
    [
      'unknown, and the ledger says not sold',
      facts({
        requests: [request('a'), request('b', { outcome: 'unknown' })],
        recorded: ledger('a'),
        drained: 1,
      }),
      { 'lost-sale': 'holds' },
    ],
    [
      'released, by a ledger that drops what is released',
      facts({ requests: [request('a', { released: 1 })], recorded: [], drained: 2 }),
      { 'lost-sale': 'holds' },
    ],
    [
      'unknown and released, but the effect may have come after the release',
      facts({
        requests: [request('a'), request('b', { outcome: 'unknown', released: 1 })],
        recorded: ledger('a', 'b'),
      }),
      { 'lost-sale': 'holds' },
    ],
    [
      'released, by a ledger that keeps it',
      facts({ requests: [request('a', { released: 1 })], recorded: ledger('a'), drained: 2 }),
      { 'lost-sale': 'holds' },
    ],
    [
      'a release that is unknown and had no effect',
      facts({ requests: [request('a', { releasedUnknown: 1 }), request('b')] }),
      {},
    ],
    [
      'a release that is unknown and had its effect',
      facts({ requests: [request('a', { releasedUnknown: 1 }), request('b')], drained: 1 }),
      {},
    ],
    ['a restock that is unknown and had no effect', facts({ restockedUnknown: 2 }), {}],
    ['a restock that is unknown and had its effect', facts({ restockedUnknown: 2, drained: 2 }), {}],
    [
      'within the limit',
      facts({ sale: { sku: 'tea', stock: 2, perUserLimit: 1 } }),
      { 'user-limit': 'holds' },
    ],
    [
      'gave up when nothing was left',
      facts({
        requests: [request('a'), request('b'), request('c', { outcome: 'gave-up', stuck: true })],
      }),
      {},
    ],
  ])('nobody is blamed: %s', (_, given, differing) => {
    expect(verdictsOf(given)).toEqual({ ...sound, ...differing });
  });
});

describe('a sale whose sums disagree is blamed for that, and for nothing else', () => {
  type Blamed = { property: keyof Accounts; units: number };
  test.each<[string, FactsAtRest, Blamed, Partial<Record<keyof Accounts, Verdict>>]>([
    [
      'three of two sold',
      facts({ requests: ['a', 'b', 'c'].map((id) => request(id)) }),
      { property: 'oversell', units: 1 },
      {},
    ],
    ['sold units can be bought again', facts({ drained: 1 }), { property: 'oversell', units: 1 }, {}],
    [
      'acknowledged more than there was, though the ledger lost it',
      facts({ requests: ['a', 'b', 'c'].map((id) => request(id)), recorded: ledger('a', 'b') }),
      { property: 'oversell', units: 1 },
      { 'lost-sale': 'violated' },
    ],
    [
      'the ledger and what can still be bought are more than there was',
      facts({ recorded: ledger('a', 'b'), drained: 1 }),
      { property: 'oversell', units: 1 },
      { 'lost-sale': 'holds' },
    ],
    [
      'released, but nobody can buy it',
      facts({ requests: [request('a', { released: 1 }), request('b')], recorded: ledger('a', 'b') }),
      { property: 'stranded', units: 1 },
      { 'lost-sale': 'holds' },
    ],
    [
      'one purchase took two units after a re-send, and the ledger has one',
      facts({ requests: [request('a', { resent: true })], recorded: ledger('a') }),
      { property: 'stranded', units: 1 },
      { 'lost-sale': 'holds' },
    ],
    [
      'a unit that nobody holds or can buy',
      facts({ requests: [request('a')] }),
      { property: 'stranded', units: 1 },
      {},
    ],
    [
      'a crash after the store had taken the unit, without a ledger',
      facts({ requests: [request('a'), request('b', { outcome: 'unknown' })] }),
      { property: 'stranded', units: 1 },
      {},
    ],
    [
      'a crash after the store had taken the unit, before the ledger had it',
      facts({ requests: [request('a'), request('b', { outcome: 'unknown' })], recorded: ledger('a') }),
      { property: 'stranded', units: 1 },
      { 'lost-sale': 'holds' },
    ],
    [
      'refused, and yet in the ledger',
      facts({ requests: [request('a'), request('b', { outcome: 'sold-out' })], recorded: ledger('a', 'b') }),
      { property: 'false-refusal', units: 1 },
      { 'lost-sale': 'holds' },
    ],
    [
      'one purchase took two units after a re-send, without a ledger',
      facts({ requests: [request('a', { resent: true }), request('b', { outcome: 'sold-out' })] }),
      { property: 'double-sale', units: 1 },
      {},
    ],
    [
      'one purchase stands twice in the ledger',
      facts({ requests: [request('a', { resent: true })], recorded: ledger('a', 'a') }),
      { property: 'double-sale', units: 1 },
      { 'lost-sale': 'holds' },
    ],
    [
      'two requests of one user, limit one',
      facts({
        sale: { sku: 'tea', stock: 2, perUserLimit: 1 },
        requests: ['a', 'b'].map((id) => request(id, { userId: 'u' })),
      }),
      { property: 'user-limit', units: 1 },
      { 'user-limit': 'violated' },
    ],
    [
      'the ledger gives a user more than was acknowledged',
      facts({
        sale: { sku: 'tea', stock: 2, perUserLimit: 1 },
        requests: [
          request('a', { userId: 'user of a' }),
          request('b', { userId: 'user of a', outcome: 'unknown' }),
        ],
        recorded: [
          { requestId: 'a', userId: 'user of a', quantity: 1 },
          { requestId: 'b', userId: 'user of a', quantity: 1 },
        ],
      }),
      { property: 'user-limit', units: 1 },
      { 'lost-sale': 'holds' },
    ],
    [
      'an acknowledged sale that the ledger forgot, still sellable',
      facts({ recorded: ledger('a'), drained: 1 }),
      { property: 'lost-sale', units: 1 },
      {},
    ],
    [
      'gave up while its unit was there',
      facts({ requests: [request('a'), request('b', { outcome: 'gave-up', stuck: true })], drained: 1 }),
      { property: 'progress', units: 1 },
      {},
    ],
    [
      'a sold quantity below zero made units',
      facts({ requests: [request('a', { quantity: -3 })], drained: 5 }),
      { property: 'oversell', units: 3 },
      {},
    ],
  ])(
    'one property is blamed, by the units that are wrong: %s',
    (_, given, { property, units }, differing) => {
      expect(verdictsOf(given)).toEqual({ ...sound, [property]: 'violated', ...differing });
      expect(unitsOf(given, property)).toBe(units);
    },
  );
});

/** Stock 4, one left: one sold, one unknown, and one more is gone. */
const oneMoreGone = (resent: boolean, restarted = false): ReturnType<typeof judgeAtRest> =>
  judgeAtRest(
    facts({
      restarted,
      sale: { sku: 'tea', stock: 4 },
      requests: [request('a', { resent }), request('b', { outcome: 'unknown' })],
      drained: 1,
    }),
  );

test('the excess of a double sale without a ledger is never counted as stranded too, nor the other way round', () => {
  expect(oneMoreGone(true)['double-sale'].evidence[0]?.units).toBe(1);
  expect(oneMoreGone(true).stranded.evidence[0]?.units).toBe(1);
  expect(oneMoreGone(false)['double-sale'].verdict).toBe('holds');
  expect(oneMoreGone(false).stranded.evidence[0]?.units).toBe(2);
});

test('what a restart lost is stranded, never a double sale, although every client sends again after it', () => {
  expect(oneMoreGone(true, true)['double-sale'].verdict).toBe('holds');
  expect(oneMoreGone(true, true).stranded.evidence[0]?.units).toBe(2);
});

test('what cannot be judged without the drained units is inconclusive, never held', () => {
  const open = facts({
    requests: [request('a'), request('b', { outcome: 'gave-up', stuck: true, resent: true })],
  });
  delete open.drained;
  expect(verdictsOf(open)).toEqual({
    ...sound,
    oversell: 'inconclusive',
    stranded: 'inconclusive',
    'double-sale': 'inconclusive',
    progress: 'inconclusive',
  });
  const oversold = facts({ requests: ['a', 'b', 'c'].map((id) => request(id)) });
  delete oversold.drained;
  expect(verdictsOf(oversold)).toEqual({ ...sound, oversell: 'violated' });
});

test('what is true whatever could still be bought holds without the drained units', () => {
  const open = facts({ requests: [request('a', { resent: true }), request('b')] });
  delete open.drained;
  expect(verdictsOf(open)).toEqual({ ...sound, oversell: 'inconclusive' });
  // Nothing was sent twice, so there can be no double sale, whatever is missing.
  const calm = facts({ requests: [request('a')] });
  delete calm.drained;
  expect(verdictsOf(calm)).toEqual({ ...sound, oversell: 'inconclusive', stranded: 'inconclusive' });
});

/** As many sold, and none in the ledger. */
function many(count: number): FactsAtRest {
  const names = Array.from({ length: count }, (_, i) => `r${i}`);
  const requests = names.map((name) => request(name));
  return facts({ sale: { sku: 'tea', stock: count }, requests, recorded: [] });
}

test('the evidence has the figures, and names no more than a handful', () => {
  expect(message(facts({ requests: many(3).requests }), 'oversell')).toBe('3 acknowledged, of 2 put on sale');
  expect(message(facts({ drained: 1 }), 'oversell')).toBe(
    '2 held and 1 still to be bought, of 2 put on sale',
  );
  expect(message(many(5), 'lost-sale')).toMatch(/: r0 \(1\), r1 \(1\), r2 \(1\), r3 \(1\), r4 \(1\)$/);
  expect(message(many(7), 'lost-sale')).toMatch(/, r4 \(1\) and 2 more$/);
});

test('what nobody measured is said, with how many gave up', () => {
  const stuck = ['a', 'b'].map((id) => request(id, { outcome: 'gave-up', stuck: true }));
  const said = (requests: typeof stuck): string =>
    message({ sale: { sku: 'tea', stock: 2 }, requests, restocked: 0 }, 'progress');
  const why = 'gave up, and nobody measured how many units could still be bought at rest';
  expect(said(stuck.slice(1))).toBe(`a request ${why}`);
  expect(said(stuck)).toBe(`2 requests ${why}`);
});

test('an unknown attempt is never taken for refused by a later answer', () => {
  expect(outcomeOfAttempts(['unknown', 'sold-out'])).toBe('unknown');
  expect(outcomeOfAttempts(['unknown', 'sold'])).toBe('sold');
  expect(outcomeOfAttempts(['sold-out', 'gave-up'])).toBe('gave-up');
});
