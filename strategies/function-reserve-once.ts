import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { answersKey, holdingsKey, ordersHeld, ordersKey, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const library = new Script(import.meta.resolve('#lua/function-reserve-once.lua'));

/** `lua-reserve-once` as server-side functions; the library's name carries its version, as in `function-decrement`. */
export const functionReserveOnce: Strategy = {
  name: 'function-reserve-once',
  summary: 'FCALL: stock, limit per user, requestId and order record in one function that the server keeps',
  connection: 'shared',
  supports: ['several-units', 'limit'],
  needs: { commands: ['FCALL'], minRedis: '7.0' },
  guarantees: declareGuarantees({
    eviction: ['stranded', 'lost-sale'],
    'restart-without-aof': ['stranded', 'lost-sale'],
  }),

  async open(redis, sale) {
    checkSale(sale, functionReserveOnce);
    await redis.function('LOAD', 'REPLACE', library.source);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, sale) {
    const { sku } = sale;
    const keys = [stockKey(sku), holdingsKey(sku), answersKey(sku), ordersKey(sku)];
    return {
      async purchase({ requestId, userId, quantity }) {
        checkRequest({ requestId, userId, quantity });
        const args = [requestId, userId, quantity, sale.perUserLimit ?? ''];
        const reply = await redis.fcall('oversell_reserve_v1', keys.length, ...keys, ...args);
        const [kind, remaining] = reply as [string, number?];
        if (kind === 'missing') throw new MissingProductError(sku);
        if (kind === 'sold') return { kind, remaining: Number(remaining) };
        return { kind: kind as 'sold-out' | 'limit-reached' };
      },
      remaining: () => stockLeft(redis, sku),
      recorded: () => ordersHeld(redis, sku),
      async release(request) {
        checkRequest(request);
        const answer = await redis.fcall('oversell_release_v1', keys.length, ...keys, request.requestId);
        if (answer === 'missing') throw new MissingProductError(sku);
      },
      async restock(quantity) {
        checkUnits('quantity', quantity, 1);
        const left = await redis.fcall('oversell_restock_v1', 1, stockKey(sku), quantity);
        if (left === null) throw new MissingProductError(sku);
      },
    };
  },
};
