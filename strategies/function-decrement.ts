import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
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
      cancel: ['oversell'],
      'buyer-crash': ['stranded'],
      'lost-reply': ['false-refusal', 'double-sale'],
      timeout: ['stranded'],
      retry: ['stranded', 'false-refusal', 'double-sale'],
      eviction: ['stranded'],
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['false-refusal', 'double-sale'],
      'restart-without-aof': ['stranded'],
      failover: ['oversell', 'stranded', 'false-refusal', 'double-sale', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
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
      ...putsBack((units) => call('oversell_increment_v1', units)),
    };
  },
};
