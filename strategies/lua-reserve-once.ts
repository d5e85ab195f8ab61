import { checkRequest, checkSale, declareGuarantees, type Strategy } from './contract.ts';
import { requireFit } from './errors.ts';
import {
  addStock,
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

const reserve = new Script(import.meta.resolve('#lua/lua-reserve-once.lua'));
const release = new Script(import.meta.resolve('#lua/lua-release-once.lua'));

/** Stock, limit per user, memory of requests and the order record change in one script, or not at all. */
export const luaReserveOnce: Strategy = {
  name: 'lua-reserve-once',
  summary: 'EVALSHA: stock, limit per user, requestId and order record in one script',
  connection: 'shared',
  supports: ['several-units', 'limit', 'orders'],
  guarantees: declareGuarantees({
    eviction: ['stranded', 'lost-sale'],
    'restart-without-aof': ['stranded', 'false-refusal', 'lost-sale'],
    failover: ['oversell', 'lost-sale'],
  }),

  async open(redis, sale) {
    checkSale(sale, luaReserveOnce);
    await setStock(redis, sale);
  },

  seller(redis, sale) {
    const { sku } = sale;
    const strict = sale.permanent ? 'strict' : '';
    const keys = [stockKey(sku), holdingsKey(sku), answersKey(sku), ordersKey(sku)];
    return {
      async purchase(request) {
        checkRequest(request);
        const { requestId, userId, quantity } = request;
        const args = [requestId, userId, quantity, sale.perUserLimit ?? '', strict];
        const [kind, remaining, again] = (await reserve.run(redis, keys, args)) as [string, number?, string?];
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
        requireFit((await release.run(redis, keys, args)) as string, sku, request.requestId);
      },
      restock: (quantity) => addStock(redis, sku, quantity),
    };
  },
};
