import { checkRequest, checkSale, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const decrement = new Script(import.meta.resolve('#lua/lua-decrement.lua'));

/** Check and decrement in one script. It remembers nobody, so a request that is sent twice sells twice. */
export const luaDecrement: Strategy = {
  name: 'lua-decrement',
  summary: 'EVALSHA: check and DECRBY in one script, without a memory of who bought',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      calm: {},
      'several-units': {},
      'buyer-crash': { breaks: ['stranded'] },
      'lost-reply': { breaks: ['false-refusal', 'double-sale'] },
      retry: { breaks: ['stranded', 'false-refusal', 'double-sale'] },
      'script-flush': {},
    },
    { notApplicable: ['user-limit', 'lost-sale'] },
  ),

  async open(redis, sale) {
    checkSale(sale, luaDecrement);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, sale) {
    const key = stockKey(sale.sku);
    return {
      async purchase(request) {
        checkRequest(request);
        const remaining = Number(await decrement.run(redis, [key], [request.quantity]));
        if (remaining === -2) throw new MissingProductError(sale.sku);
        return remaining < 0 ? { kind: 'sold-out' } : { kind: 'sold', remaining };
      },
      remaining: () => stockLeft(redis, sale.sku),
    };
  },
};
