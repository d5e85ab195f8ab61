import { checkRequest, checkSale, checkUnits, declareGuarantees } from './contract.ts';
import type { Client, Strategy } from './contract.ts';
import { MissingProductError, UnsupportedError } from './errors.ts';
import { mintedKey, takenKey, tokensKey } from './keys.ts';

const MOST = 10_000_000;
const PAGE = 10_000;

/**
 * A token lies in a list for every unit; who takes one has bought. It moves to a second list in the same step, so
 * that an audit can find what nobody ordered: tokens + taken = minted. Here all tokens are alike; coupon codes or
 * seats work the same.
 */
export const tokenList: Strategy = {
  name: 'token-list',
  summary: 'LMOVE of one pre-minted token a unit, from those for sale to those taken',
  connection: 'shared',
  guarantees: declareGuarantees(
    {
      cancel: ['oversell'],
      'buyer-crash': ['stranded'],
      'lost-reply': ['false-refusal', 'double-sale'],
      timeout: ['stranded'],
      retry: ['stranded', 'false-refusal', 'double-sale'],
      eviction: ['stranded', 'false-refusal'],
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['false-refusal', 'double-sale'],
      'restart-without-aof': ['stranded', 'false-refusal'],
      failover: ['oversell', 'stranded', 'false-refusal', 'double-sale', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger', 'several-units'] },
  ),

  async open(redis, sale) {
    checkSale(sale, tokenList);
    if (sale.stock > MOST) throw new UnsupportedError(tokenList.name, `more than ${MOST} units`);
    await redis.multi().del(tokensKey(sale.sku), takenKey(sale.sku)).set(mintedKey(sale.sku), 0).exec();
    await mint(redis, sale.sku, sale.stock);
  },

  async seller(redis, { sku }) {
    const [tokens, taken] = [tokensKey(sku), takenKey(sku)];
    // An empty list is no key, so it cannot tell sold out from never opened.
    if ((await redis.exists(mintedKey(sku))) === 0) throw new MissingProductError(sku);
    return {
      async purchase(request) {
        checkRequest(request);
        if (request.quantity > 1) throw new UnsupportedError(tokenList.name, 'several units');
        const token = await redis.lmove(tokens, taken, 'LEFT', 'RIGHT');
        return { kind: token === null ? 'sold-out' : 'sold' };
      },
      remaining: () => redis.llen(tokens),
      async release(request) {
        checkRequest(request);
        await redis.lmove(taken, tokens, 'LEFT', 'RIGHT');
      },
      async restock(quantity) {
        checkUnits('quantity', quantity, 1);
        await mint(redis, sku, quantity);
      },
    };
  },
};

async function mint(redis: Client, sku: string, units: number): Promise<void> {
  for (let left = units; left > 0; left -= PAGE) {
    const page = Array.from({ length: Math.min(left, PAGE) }, () => '1');
    await redis
      .multi()
      .incrby(mintedKey(sku), page.length)
      .rpush(tokensKey(sku), ...page)
      .exec();
  }
}
