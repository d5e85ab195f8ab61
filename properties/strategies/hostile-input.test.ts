import { beforeEach, describe, expect, test } from 'vitest';
import type { PurchaseOutcome, PurchaseRequest, Sale, Strategy } from '../../strategies/contract.ts';
import { isDefinite } from '../../strategies/errors.ts';
import { stockKey } from '../../strategies/keys.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { sellable } from '../helpers/built-ins.ts';
import { serverWithClient } from '../helpers/exploring.ts';
import { rejection } from '../helpers/machines.ts';
import { startSeller } from '../helpers/selling.ts';

const own = serverWithClient();
const strategies = sellable.map(({ strategy }) => strategy);
beforeEach(() => own.redis.flushall());

const SALE: Sale = { sku: 'lamp', stock: 5 };
const GOOD: PurchaseRequest = { requestId: 'r1', userId: 'u1', quantity: 1 };

const requests: [string, Partial<PurchaseRequest>][] = [
  ['nothing', { quantity: 0 }],
  ['less than nothing', { quantity: -3 }],
  ['half a unit', { quantity: 0.5 }],
  ['more than a number can count', { quantity: 2 ** 53 }],
  ['not a number', { quantity: NaN }],
  ['without end', { quantity: Infinity }],
  ['a text', { quantity: '1' as unknown as number }],
  ['without a request', { requestId: '' }],
  ['without a user', { userId: '' }],
];

const sales: [string, Partial<Sale>][] = [
  ['less than nothing', { stock: -1 }],
  ['half a unit', { stock: 0.5 }],
  ['more than a number can count', { stock: 2 ** 53 }],
  ['nothing that has a name', { sku: '' }],
  ['none to each', { perUserLimit: 0 }],
];

async function buy(strategy: Strategy, request: PurchaseRequest): Promise<PurchaseOutcome> {
  const seller = await startSeller(strategy, own.redis, SALE);
  try {
    return await seller.purchase(request, own.redis);
  } finally {
    await seller.close?.();
  }
}

/** Everything that the server holds, with its contents. */
async function contents(): Promise<unknown> {
  const keys = (await own.redis.keys('*')).toSorted();
  return Promise.all(keys.map(async (key) => [key, await own.redis.dumpBuffer(key)]));
}

describe.each(strategies)('$name refuses input that makes no sense', (strategy) => {
  test.each(requests)('never sells %s, and no stock changes', async (_, nonsense) => {
    await strategy.open(own.redis, SALE);
    const before = await contents();
    expect(await rejection(buy(strategy, { ...GOOD, ...nonsense }))).toSatisfy(isDefinite);
    expect(await contents()).toEqual(before);
    // The same request is sold once it makes sense, so the refusal was about the nonsense.
    const sold = await buy(strategy, GOOD);
    expect(sold.kind).toBe('sold');
    if (sold.kind === 'sold') expect([4, undefined]).toContain(sold.remaining);
  });

  test.each(sales)('never puts %s on sale', async (_, nonsense) => {
    expect(await rejection(strategy.open(own.redis, { ...SALE, ...nonsense }))).toSatisfy(isDefinite);
    expect(await own.redis.dbsize()).toBe(0);
  });

  test('never sells a product that is not there, and makes none', async () => {
    expect(await rejection(buy(strategy, GOOD))).toMatchObject({ code: 'MISSING_PRODUCT' });
    expect(await own.redis.dbsize()).toBe(0);
  });
});

test('a twin that does not look at the quantity makes units out of nothing', async () => {
  const careless: Strategy = {
    ...readThenWrite,
    seller: () => ({
      purchase: async ({ quantity }) => {
        const stock = Number(await own.redis.get(stockKey(SALE.sku)));
        if (stock < quantity) return { kind: 'sold-out' };
        return { kind: 'sold', remaining: await own.redis.decrby(stockKey(SALE.sku), quantity) };
      },
      remaining: async () => Number(await own.redis.get(stockKey(SALE.sku))),
    }),
  };
  await careless.open(own.redis, SALE);
  const before = await contents();
  expect(await buy(careless, { ...GOOD, quantity: -3 })).toEqual({ kind: 'sold', remaining: 8 });
  expect(await contents()).not.toEqual(before);
});
