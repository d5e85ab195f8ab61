import { checkRequest, checkSale, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const library = new Script(import.meta.resolve('#lua/function-decrement.lua'));

/**
 * `lua-decrement` as a server-side function. The library's name carries its version, so that instances of an
 * older release go on calling theirs while a newer one is rolled out.
 */
export const functionDecrement: Strategy = {
  name: 'function-decrement',
  summary: 'FCALL: check and DECRBY in a function that the server keeps',
  connection: 'shared',
  supports: ['several-units'],
  needs: { commands: ['FCALL'], minRedis: '7.0' },
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
    checkSale(sale, functionDecrement);
    await redis.function('LOAD', 'REPLACE', library.source);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, sale) {
    const key = stockKey(sale.sku);
    return {
      async purchase(request) {
        checkRequest(request);
        const remaining = Number(await redis.fcall('oversell_decrement_v1', 1, key, request.quantity));
        if (remaining === -2) throw new MissingProductError(sale.sku);
        return remaining < 0 ? { kind: 'sold-out' } : { kind: 'sold', remaining };
      },
      remaining: () => stockLeft(redis, sale.sku),
    };
  },
};
