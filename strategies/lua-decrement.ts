import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { addStock, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const decrement = new Script(import.meta.resolve('#lua/lua-decrement.lua'));

/** Check and decrement in one script. It remembers nobody: what is sent twice sells, or gives back, twice. */
export const luaDecrement: Strategy = {
  name: 'lua-decrement',
  summary: 'EVALSHA: check and DECRBY in one script, without a memory of who bought',
  connection: 'shared',
  supports: ['several-units'],
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
      'restart-without-aof': ['stranded', 'false-refusal'],
      failover: ['oversell', 'stranded', 'false-refusal', 'double-sale', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
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
      ...putsBack((units) => addStock(redis, sale.sku, units)),
    };
  },
};
