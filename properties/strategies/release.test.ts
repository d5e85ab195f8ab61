import { beforeEach, describe, expect, test } from 'vitest';
import type { PurchaseRequest, Sale, Seller, Strategy } from '../../strategies/contract.ts';
import { isDefinite } from '../../strategies/errors.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { stockKey } from '../../strategies/keys.ts';
import { sellable } from '../helpers/built-ins.ts';
import { serverWithClient } from '../helpers/exploring.ts';
import { rejection } from '../helpers/machines.ts';
import { startSeller } from '../helpers/selling.ts';

const own = serverWithClient();
const strategies = sellable.map(({ strategy }) => strategy);
beforeEach(() => own.redis.flushall());

const SALE: Sale = { sku: 'lamp', stock: 3 };
const LIMITED: Sale = { ...SALE, perUserLimit: 2 };
const pair: PurchaseRequest = { requestId: 'r1', userId: 'u1', quantity: 2 };
const single: PurchaseRequest = { requestId: 'r2', userId: 'u1', quantity: 1 };

const open = async (strategy: Strategy, sale: Sale): Promise<Seller> => {
  await strategy.open(own.redis, sale);
  return startSeller(strategy, own.redis, sale);
};

/** What strategies can do is known from their sellers alone. */
const able = async (ability: 'release' | 'restock', strategy: Strategy): Promise<boolean> =>
  (await open(strategy, SALE))[ability] !== undefined;

/** A request is sold, released twice, and asked for again: every answer, and what the store says in between. */
async function toldOf(strategy: Strategy): Promise<string[]> {
  const told: string[] = [];
  const seller = await open(strategy, LIMITED);
  const other = await startSeller(strategy, own.redis, LIMITED);
  const ask = async (request: PurchaseRequest): Promise<void> => {
    const { kind } = await seller.purchase(request, own.redis);
    if (kind === 'sold') await seller.confirm?.(request);
    told.push(`${request.requestId} ${kind}`);
  };
  const look = async (): Promise<void> => {
    const recorded = (await seller.recorded!()).map(
      ({ requestId, userId, quantity }) => `${requestId} ${userId} ${quantity}`,
    );
    told.push(`${await seller.remaining()} left, ${recorded.join(', ') || 'nothing'} recorded`);
  };
  await seller.release!(single);
  await look();
  await ask(pair);
  await ask(single);
  await look();
  await seller.release!(pair);
  await other.release!(pair);
  await look();
  await ask(single);
  await ask(pair);
  await seller.release!(single);
  await ask(pair);
  await ask(pair);
  await look();
  return told;
}

const RIGHT = [
  '3 left, nothing recorded',
  'r1 sold',
  'r2 limit-reached',
  '1 left, r1 u1 2 recorded',
  '3 left, nothing recorded',
  'r2 sold',
  'r1 limit-reached',
  'r1 sold',
  'r1 sold',
  '1 left, r1 u1 2 recorded',
];

const remembering = strategies.filter(
  ({ supports, guarantees }) =>
    supports?.includes('limit') && guarantees?.['double-sale']?.['hostile-input'] === 'holds',
);

const replaced = (release: (request: PurchaseRequest) => Promise<unknown>): Strategy => ({
  ...luaReserveOnce,
  async seller(...args) {
    return {
      ...(await luaReserveOnce.seller(...args)),
      release: async (request) => void (await release(request)),
    };
  },
});

describe('a request gives back what it holds, once, and may buy again', () => {
  test.each(remembering)(
    '$name gives back what a request holds once, and sells to it again',
    async (strategy) => {
      expect(await toldOf(strategy)).toEqual(RIGHT);
    },
  );

  test.each([
    [
      'gives back whatever is asked',
      0,
      replaced(({ quantity }) => own.redis.incrby(stockKey('lamp'), quantity)),
    ],
    ['gives nothing back', 4, replaced(async () => {})],
  ])('a twin that %s is caught', async (_, at, strategy) => {
    const told = await toldOf(strategy);
    expect(told[at]).not.toBe(RIGHT[at]);
    expect(told.slice(0, at)).toEqual(RIGHT.slice(0, at));
  });
});

describe.each(strategies)('$name releases and restocks whole units only', (strategy) => {
  test('a unit that is given back or put on sale can be bought', async ({ skip }) => {
    const [releases, restocks] = [await able('release', strategy), await able('restock', strategy)];
    if (!releases && !restocks) skip('it can do neither');
    const seller = await open(strategy, { ...SALE, stock: 1 });
    const sold = { requestId: 'first', userId: 'u1', quantity: 1 };
    const more = { requestId: 'second', userId: 'u2', quantity: 1 };
    expect((await seller.purchase(sold, own.redis)).kind).toBe('sold');
    expect((await seller.purchase(more, own.redis)).kind).toBe('sold-out');
    if (releases) await seller.release!(sold);
    else await seller.restock!(1);
    expect(await seller.remaining()).toBe(1);
    expect((await seller.purchase(more, own.redis)).kind).toBe('sold');
    expect(await seller.remaining()).toBe(0);
    if (!restocks) return;
    await seller.restock!(2);
    expect(await seller.remaining()).toBe(2);
  });

  test.each([0, -3, 0.5, NaN, 2 ** 53])(
    '%s units are neither given back nor put on sale',
    async (quantity) => {
      const seller = await open(strategy, SALE);
      const given = [seller.release?.({ ...single, quantity }), seller.restock?.(quantity)];
      for (const call of given) if (call) expect(await rejection(call)).toSatisfy(isDefinite);
      expect(await seller.remaining()).toBe(3);
    },
  );
});
