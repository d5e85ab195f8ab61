import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
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
      'release-restock': {},
      'buyer-crash': { breaks: ['stranded'] },
      'lost-reply': { breaks: ['oversell', 'false-refusal', 'double-sale'] },
      retry: { breaks: ['stranded', 'false-refusal', 'double-sale'] },
      'script-flush': {},
      expiry: {},
      eviction: { breaks: ['stranded'] },
      'hostile-input': { breaks: ['false-refusal', 'double-sale'] },
      restart: { breaks: ['false-refusal', 'double-sale'] },
      'restart-without-aof': { breaks: ['stranded'] },
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
    const call = async (name: string, units: number): Promise<number> => {
      const left = Number(await redis.fcall(name, 1, key, units));
      if (left === -2) throw new MissingProductError(sale.sku);
      return left;
    };
    return {
      async purchase(request) {
        checkRequest(request);
        const remaining = await call('oversell_decrement_v1', request.quantity);
        return remaining < 0 ? { kind: 'sold-out' } : { kind: 'sold', remaining };
      },
      remaining: () => stockLeft(redis, sale.sku),
      async release(request) {
        checkRequest(request);
        await call('oversell_increment_v1', request.quantity);
      },
      async restock(quantity) {
        checkUnits('quantity', quantity, 1);
        await call('oversell_increment_v1', quantity);
      },
    };
  },
};
