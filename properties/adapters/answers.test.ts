import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Client, PurchaseOutcome } from '../../strategies/contract.ts';
import { DefiniteError } from '../../strategies/errors.ts';
import type { Answers } from '../../harness/adapters/answers.ts';
import { fromFunction } from '../../harness/adapters/from-module.ts';
import { forgetMisfits, misfitOfSale } from '../../harness/ground/misfits.ts';

beforeEach(forgetMisfits);

class SoldOutError extends Error {
  readonly code = 'E_SOLD_OUT';
  override readonly name = 'SoldOut';
}

/** What a buyer is told by a shop whose `buy` does that. */
async function told(buy: () => unknown, answers?: Answers): Promise<string> {
  const shop = { open: () => {}, left: () => 1, buy, ...(answers && { answers }) };
  const strategy = fromFunction(shop);
  const redis = {} as Client;
  const sale = { sku: 'item', stock: 1 };
  const seller = await strategy.seller(redis, sale, {} as never);
  const request = { requestId: 'r', userId: 'u', quantity: 1 };
  try {
    return named(await seller.purchase(request, redis));
  } catch (error) {
    if (misfitOfSale()) return ASKS;
    return error instanceof DefiniteError ? 'surely nothing was sold' : 'unknown: it may have been sold';
  }
}

const named = (outcome: PurchaseOutcome): string => outcome.kind;
const ASKS = 'nobody knows: the run ends and asks';
const thrown = (error: unknown) => (): never => {
  throw error as Error;
};

/** The table of the README, and for each line what it stands for. */
const LINES: Record<string, [means: string, ...cases: [buy: () => unknown, answers?: Answers][]]> = {
  'returns `true`': ['sold', [() => true], [async () => Promise.resolve(true)]],
  'returns a number from 1 on': ['sold', [() => 1], [() => 17]],
  'returns `false`': ['sold-out', [() => false]],
  'returns `null`': ['sold-out', [() => null]],
  'returns `-1`': ['sold-out', [() => -1]],
  'returns `0`': [ASKS, [() => 0]],
  'returns `0`, and `answers.sold` is given': ['sold-out', [() => 0, { sold: 1 }]],
  "returns `'sold'`, `'sold-out'`, `'limit-reached'`, `'already-yours'` or `'gave-up'`": ['that'],
  "returns `{ kind: 'sold' }` or another outcome of `oversell/contract`": ['that'],
  'returns nothing, another text or number, or anything else': [
    ASKS,
    [() => undefined],
    [() => 'OK'],
    [() => ''],
    [() => '1'],
    [() => -2],
    [() => 0.5],
    [() => NaN],
    [() => 1n],
    [() => ({ ok: true })],
    [() => ({ kind: 'bought' })],
    [() => ({ kind: 'gave-up' })],
    [() => [1]],
    [() => new SoldOutError()],
  ],
  'returns or throws what `answers` names': [
    'as it says',
    [() => 'LIMIT', { limitReached: 'LIMIT' }],
    [() => 'the limit is 2', { limitReached: /limit/ }],
    [() => -2, { limitReached: '<-1' }],
    [() => 0, { limitReached: [7, 0] }],
    [() => true, { limitReached: true }],
    [() => undefined, { limitReached: undefined }],
    [() => ({ ok: false }), { limitReached: (answer) => !(answer as { ok: boolean }).ok }],
    [thrown(new SoldOutError('x')), { limitReached: SoldOutError }],
    [thrown(new SoldOutError('x')), { limitReached: 'SoldOut' }],
    [thrown(new SoldOutError('x')), { limitReached: 'SoldOutError' }],
    [thrown(new SoldOutError('x')), { limitReached: 'E_SOLD_OUT' }],
    [thrown(new Error('two a user')), { limitReached: 'two a user' }],
    [thrown(new Error('two a user')), { limitReached: /a user$/ }],
    [thrown('LIMIT'), { limitReached: 'LIMIT' }],
  ],
  'returns `true` or a number that `answers.sold` does not name': [
    ASKS,
    [() => true, { sold: 'OK' }],
    [() => 2, { sold: 1 }],
  ],
  'returns `false`, `null` or `-1` that `answers.soldOut` does not name': [
    ASKS,
    [() => false, { soldOut: SoldOutError }],
    [() => null, { soldOut: 0 }],
    [() => -1, { soldOut: 0 }],
  ],
  'throws a `DefiniteError` of `oversell/errors`': [
    'surely nothing was sold',
    [thrown(new DefiniteError('NO', 'no'))],
  ],
  'throws anything else': [
    'unknown: it may have been sold',
    [thrown(new Error('x'))],
    [thrown('sold-out')],
    [thrown(new SoldOutError('x')), { soldOut: 'SOLD_OUT' }],
    [async () => Promise.reject(new Error('later'))],
  ],
};

const table = (): Map<string, string> => {
  const readme = readFileSync(new URL('../../harness/adapters/README.md', import.meta.url), 'utf8');
  const [, section = ''] = readme.split('## What an answer means');
  const rows = [...section.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)].map(([, left, right]) => [left!, right!]);
  return new Map(rows.filter(([left]) => /^(returns|throws) /.test(left!)) as [string, string][]);
};

describe('what an answer of buy() means', () => {
  test('stands in a table, of which each line is tried here', () => {
    const tried = Object.entries(LINES).map(([line, [means]]) => [line, means]);
    expect([...table()]).toEqual(tried);
  });

  const cases = Object.entries(LINES).flatMap(([line, [means, ...each]]) =>
    each.map(([buy, answers], i) => [`${line} (${i + 1})`, means, buy, answers] as const),
  );
  test.each(cases)('%s: %s', async (_, means, buy, answers) => {
    expect(await told(buy, answers)).toBe(means === 'as it says' ? 'limit-reached' : means);
  });

  test.each(['sold', 'sold-out', 'limit-reached', 'already-yours', 'gave-up'])(
    'an outcome is itself, by its name or whole: %s',
    async (kind) => {
      expect(await told(() => kind)).toBe(kind);
      expect(await told(() => (kind === 'gave-up' ? { kind, attempts: 3 } : { kind }))).toBe(kind);
    },
  );

  test.each([
    ['sold', { sold: 'x' }],
    ['sold-out', { soldOut: 'x' }],
    ['limit-reached', { limitReached: 'x' }],
    ['already-yours', { alreadyYours: 'x' }],
    ['gave-up', { gaveUp: 'x' }],
  ])('%s can be said of any answer', async (kind, answers) => {
    expect(await told(() => 'x', answers)).toBe(kind);
  });

  test('one that is asked about is told with what to write', async () => {
    await told(() => 0);
    expect(misfitOfSale()).toMatchObject({
      message: 'buy() answered 0, of which nobody has said what it means',
      remedy: expect.stringMatching(/answers: \{ sold: '>=0' \}.*answers: \{ soldOut: 0 \}/),
    });
  });
});
