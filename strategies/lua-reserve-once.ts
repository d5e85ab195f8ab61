import { checkRequest, checkSale, declareGuarantees, type RecordedSale, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { answersKey, holdingsKey, ordersKey, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const reserve = new Script(import.meta.resolve('#lua/lua-reserve-once.lua'));
const PAGE = 1000;
/** These environments set no limit per user. */
const WITHOUT_LIMIT = { notApplicable: ['user-limit'] } as const;

/** Stock, limit per user, memory of requests and the order record change in one script, or not at all. */
export const luaReserveOnce: Strategy = {
  name: 'lua-reserve-once',
  summary: 'EVALSHA: stock, limit per user, requestId and order record in one script',
  connection: 'shared',
  supports: ['several-units', 'limit'],
  guarantees: declareGuarantees({
    calm: WITHOUT_LIMIT,
    'several-units': {},
    'buyer-crash': WITHOUT_LIMIT,
    'lost-reply': WITHOUT_LIMIT,
    retry: WITHOUT_LIMIT,
    'script-flush': WITHOUT_LIMIT,
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
      async recorded() {
        const sales: RecordedSale[] = [];
        for (let after = '-'; ;) {
          const page = await redis.xrange(ordersKey(sku), after, '+', 'COUNT', PAGE);
          for (const [id, [, requestId, , userId, , quantity]] of page) {
            sales.push({ requestId: requestId!, userId: userId!, quantity: Number(quantity) });
            after = `(${id}`;
          }
          if (page.length < PAGE) return sales;
        }
      },
    };
  },
};
