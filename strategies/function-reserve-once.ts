import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError, requireFit } from './errors.ts';
import {
  answersKey,
  holdingsKey,
  ordersHeld,
  ordersKey,
  remembered,
  restored,
  setStock,
  stockKey,
  stockLeft,
} from './keys.ts';
import { Script } from './script.ts';

const library = new Script(import.meta.resolve('#lua/function-reserve-once.lua'));

/** `lua-reserve-once` as server-side functions; the library's name carries its version, as in `function-decrement`. */
export const functionReserveOnce: Strategy = {
  name: 'function-reserve-once',
  summary: 'FCALL: stock, limit per user, requestId and order record in one function that the server keeps',
  connection: 'shared',
  supports: ['several-units', 'limit', 'orders'],
  needs: { commands: ['FCALL'], minRedis: '7.0' },
  guarantees: declareGuarantees({
    eviction: ['stranded', 'lost-sale'],
    'restart-without-aof': ['stranded', 'lost-sale'],
    failover: ['oversell', 'lost-sale'],
  }),

  async open(redis, sale) {
    checkSale(sale, functionReserveOnce);
    await redis.function('LOAD', 'REPLACE', library.source);
    await setStock(redis, sale);
  },

  seller(redis, sale) {
    const { sku } = sale;
    const strict = sale.permanent ? 'strict' : '';
    const keys = [stockKey(sku), holdingsKey(sku), answersKey(sku), ordersKey(sku)];
    return {
      async purchase({ requestId, userId, quantity }) {
        checkRequest({ requestId, userId, quantity });
        const args = [requestId, userId, quantity, sale.perUserLimit ?? '', strict];
        const reply = await redis.fcall('oversell_reserve_v3', keys.length, ...keys, ...args);
        const [kind, remaining, again] = reply as [string, number?, string?];
        requireFit(kind, sku, requestId);
        if (kind !== 'sold') return { kind: kind as 'sold-out' | 'limit-reached' };
        return { kind, remaining: Number(remaining), ...(again && sale.permanent && { again: true }) };
      },
      remaining: () => stockLeft(redis, sku),
      find: (requestId) => remembered(redis, answersKey(sku), requestId),
      restore: (sales) => restored(redis, holdingsKey(sku), answersKey(sku), sales),
      recorded: () => ordersHeld(redis, sku),
      async release(request) {
        checkRequest(request);
        const args = [request.requestId, request.userId, strict];
        const answer = await redis.fcall('oversell_release_v3', keys.length, ...keys, ...args);
        requireFit(answer as string, sku, request.requestId);
      },
      async restock(quantity) {
        checkUnits('quantity', quantity, 1);
        const left = await redis.fcall('oversell_restock_v3', 1, stockKey(sku), quantity);
        if (left === null) throw new MissingProductError(sku);
      },
    };
  },
};
