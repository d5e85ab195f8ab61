import { checkRequest, checkSale, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { addStock, answersKey, holdingsKey, ordersHeld, ordersKey, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const reserve = new Script(import.meta.resolve('#lua/lua-reserve-once.lua'));
const release = new Script(import.meta.resolve('#lua/lua-release-once.lua'));

/** Stock, limit per user, memory of requests and the order record change in one script, or not at all. */
export const luaReserveOnce: Strategy = {
  name: 'lua-reserve-once',
  summary: 'EVALSHA: stock, limit per user, requestId and order record in one script',
  connection: 'shared',
  supports: ['several-units', 'limit'],
  guarantees: declareGuarantees({
    eviction: ['stranded', 'lost-sale'],
    'restart-without-aof': ['stranded', 'false-refusal', 'lost-sale'],
  }),

  async open(redis, sale) {
    checkSale(sale, luaReserveOnce);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, sale) {
    const { sku } = sale;
    const keys = [stockKey(sku), holdingsKey(sku), answersKey(sku), ordersKey(sku)];
    return {
      async purchase(request) {
        checkRequest(request);
        const args = [request.requestId, request.userId, request.quantity, sale.perUserLimit ?? ''];
        const [kind, remaining] = (await reserve.run(redis, keys, args)) as [string, number?];
        if (kind === 'missing') throw new MissingProductError(sku);
        if (kind === 'sold') return { kind, remaining: Number(remaining) };
        return { kind: kind as 'sold-out' | 'limit-reached' };
      },
      remaining: () => stockLeft(redis, sku),
      recorded: () => ordersHeld(redis, sku),
      async release(request) {
        checkRequest(request);
        const answer = await release.run(redis, keys, [request.requestId]);
        if (answer === 'missing') throw new MissingProductError(sku);
      },
      restock: (quantity) => addStock(redis, sku, quantity),
    };
  },
};
