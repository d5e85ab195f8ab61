import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStorefront } from '../../harness/storefront/storefront.ts';
import type { Sale, Strategy } from '../../strategies/contract.ts';
import { functionReserveOnce } from '../../strategies/function-reserve-once.ts';
import { luaCoalesced } from '../../strategies/lua-coalesced.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { serverWithClient } from '../helpers/exploring.ts';
import { rejection } from '../helpers/machines.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { startSeller } from '../helpers/selling.ts';
import { Buyers, storefrontOptions } from '../helpers/storefront.ts';

const own = serverWithClient();
beforeEach(() => own.redis.flushall());

const SALE: Sale = { sku: 'lamp', stock: 3, perUserLimit: 2, permanent: true };
const request = { requestId: 'r1', userId: 'ann', quantity: 2 };

/** What a late purchase comes to, and what is left then, where its token was released first. */
async function late(strategy: Strategy, buyer: typeof request): Promise<unknown> {
  await strategy.open(own.redis, SALE);
  const seller = await startSeller(strategy, own.redis, SALE);
  // How many units the purchase asks for, whoever gives it up need not say.
  await seller.release!({ ...request, quantity: 1 });
  await seller.release!({ ...request, quantity: 1 });
  const error = await rejection(seller.purchase(buyer, own.redis));
  return {
    told: (error as { code?: string } | undefined)?.code ?? 'sold',
    left: await seller.remaining(),
    recorded: await seller.recorded!(),
    found: await seller.find!(request.requestId),
  };
}

const nothing = { userId: 'ann', quantity: 0, released: true };

describe.each([luaReserveOnce, functionReserveOnce, luaCoalesced])('$name', (strategy) => {
  test('sells nothing to a token that was released before it bought, whoever sends it', async () => {
    const unsold = { left: 3, recorded: [], found: nothing };
    expect(await late(strategy, request)).toEqual({ told: 'RELEASED', ...unsold });
    expect(await late(strategy, { ...request, quantity: 1 })).toEqual({ told: 'RELEASED', ...unsold });
    expect(await late(strategy, { ...request, userId: 'bob' })).toEqual({ told: 'OTHER_REQUEST', ...unsold });
  });

  test('a twin whose release forgets who held nothing sells to it', async () => {
    const twin: Strategy = {
      ...strategy,
      seller: async (...args) => ({ ...(await strategy.seller(...args)), release: async () => undefined }),
    };
    expect(await late(twin, request)).toMatchObject({ told: 'sold', left: 1 });
  });
});

describe('a buyer who gives a purchase up while it may be on its way', () => {
  let buyers: Buyers;
  let close: () => Promise<void>;
  beforeEach(async () => {
    const redis = `unix://${own.target.options.path}`;
    const storefront = await openStorefront(await storefrontOptions(temporaryFolder(), { redis }));
    close = storefront.close;
    buyers = new Buyers(storefront.url!);
    await buyers.open('lamp', 50, 1);
  });
  afterEach(() => close());

  const cancel = async (token: string): Promise<unknown[]> => {
    const { status, body } = await buyers.send('DELETE', `/purchase/${token}?product=lamp&user=${token}`);
    return [status, body['code']];
  };
  const bought = async (token: string): Promise<unknown> => (await buyers.buy('lamp', token)).body['code'];
  const unharmed = async (): Promise<void> => {
    expect((await buyers.send('GET', '/products/lamp')).body).toMatchObject({ product: { left: 50 } });
    expect(await buyers.ledger('lamp')).toEqual([]);
  };

  test('is sold nothing by a purchase that comes after, and what came before is given back', async () => {
    expect(await cancel('early')).toEqual([200, 'cancelled']);
    expect(await cancel('early')).toEqual([200, 'cancelled']);
    expect(await bought('early')).toBe('token-released');
    expect(await buyers.send('GET', '/orders/early?product=lamp')).toMatchObject({
      status: 200,
      body: { quantity: 0, state: 'released' },
    });
    // The store has the purchase, and does nothing yet.
    await own.redis.client('PAUSE', 600_000, 'WRITE');
    const [buying, cancelling] = [bought('under-way'), cancel('under-way')];
    await own.redis.client('UNPAUSE');
    await Promise.all([buying, cancelling]);
    expect(await bought('under-way')).toBe('token-released');
    await unharmed();
  });

  test('holds nothing in the end, in whichever order the two arrive', async () => {
    const tokens = Array.from({ length: 40 }, (_, i) => `t${i}`);
    const heard = await Promise.all(
      tokens.map(async (token, i) =>
        i % 2 === 0
          ? Promise.all([bought(token), cancel(token)])
          : Promise.all([cancel(token), bought(token)]).then(([told, code]) => [code, told] as const),
      ),
    );
    for (const [code, [status, told]] of heard) {
      expect(['success', 'token-released']).toContain(code);
      expect(status).toBe(200);
      // Told as cancelled, it never bought; else it has bought first.
      expect(told).toBe(code === 'success' ? 'released' : 'cancelled');
    }
    for (const token of tokens) expect(await bought(token)).toBe('token-released');
    await unharmed();
  });
});
