import { checkRequest, checkSale, declareGuarantees, putsBack } from './contract.ts';
import type { Client, Strategy } from './contract.ts';
import { MissingProductError, UnsupportedError } from './errors.ts';
import { mintedKey, tokensKey } from './keys.ts';

const MOST = 10_000_000;
const PAGE = 10_000;

/**
 * A numbered token lies in a set for every unit. SPOP takes as many as there are, so a buyer of several may get some
 * of them, and puts them back; meanwhile others are told sold out. What is released comes back as new tokens.
 */
export const tokenSet: Strategy = {
  name: 'token-set',
  summary: 'SPOP as many pre-minted tokens as units; SADD back what was not enough',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      'several-units': ['false-refusal'],
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
    { lacks: ['limit', 'ledger'] },
  ),

  async open(redis, sale) {
    checkSale(sale, tokenSet);
    if (sale.stock > MOST) throw new UnsupportedError(tokenSet.name, `more than ${MOST} units`);
    await redis.multi().del(tokensKey(sale.sku)).set(mintedKey(sale.sku), 0).exec();
    await mint(redis, sale.sku, sale.stock);
  },

  async seller(redis, { sku }) {
    const tokens = tokensKey(sku);
    // An empty set is no key, so it cannot tell sold out from never opened.
    if ((await redis.exists(mintedKey(sku))) === 0) throw new MissingProductError(sku);
    return {
      async purchase(request) {
        checkRequest(request);
        const taken = await redis.spop(tokens, request.quantity);
        if (taken.length === request.quantity) return { kind: 'sold' };
        if (taken.length > 0) await redis.sadd(tokens, taken);
        return { kind: 'sold-out' };
      },
      remaining: () => redis.scard(tokens),
      ...putsBack((units) => mint(redis, sku, units)),
    };
  },
};

async function mint(redis: Client, sku: string, units: number): Promise<void> {
  let number = await redis.incrby(mintedKey(sku), units);
  for (let left = units; left > 0; left -= PAGE) {
    const page = Array.from({ length: Math.min(left, PAGE) }, () => number--);
    await redis.sadd(tokensKey(sku), page);
  }
}
