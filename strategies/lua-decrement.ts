import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const decrement = new Script(import.meta.resolve('#lua/lua-decrement.lua'));
const putOnSale = new Script(import.meta.resolve('#lua/put-on-sale.lua'));

/** Check and decrement in one script. It remembers nobody: what is sent twice sells, or gives back, twice. */
export const luaDecrement: Strategy = {
  name: 'lua-decrement',
  summary: 'EVALSHA: check and DECRBY in one script, without a memory of who bought',
  connection: 'shared',
  supports: ['several-units'],
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
      'restart-without-aof': { breaks: ['stranded', 'false-refusal'] },
    },
    { notApplicable: ['user-limit', 'lost-sale'] },
  ),

  async open(redis, sale) {
    checkSale(sale, luaDecrement);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, sale) {
    const key = stockKey(sale.sku);
    const add = async (units: number): Promise<void> => {
      if ((await putOnSale.run(redis, [key], [units])) === null) throw new MissingProductError(sale.sku);
    };
    return {
      async purchase(request) {
        checkRequest(request);
        const remaining = Number(await decrement.run(redis, [key], [request.quantity]));
        if (remaining === -2) throw new MissingProductError(sale.sku);
        return remaining < 0 ? { kind: 'sold-out' } : { kind: 'sold', remaining };
      },
      remaining: () => stockLeft(redis, sale.sku),
      async release(request) {
        checkRequest(request);
        await add(request.quantity);
      },
      async restock(quantity) {
        checkUnits('quantity', quantity, 1);
        await add(quantity);
      },
    };
  },
};
