import { checkRequest, checkSale, declareGuarantees, type Strategy } from './contract.ts';
import { NotReplicatedError, requireFit } from './errors.ts';
import { addStock, answersKey, holdingsKey, ordersHeld, ordersKey, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const reserve = new Script(import.meta.resolve('#lua/lua-then-wait.lua'));
const release = new Script(import.meta.resolve('#lua/lua-release-once.lua'));

/** All that the server has. Written down: one that is asked how many there are tells of those that it still hears of. */
const REPLICAS = 2;
const WAIT_MS = 100;

/**
 * `lua-reserve-once` that says "sold" only after every replica has the sale, whichever may take over. Where one does not
 * answer within 100 ms, the purchase is unknown: nothing is sold for sure while a replica is gone.
 *
 * WAIT blocks its connection, so no two purchases share one.
 */
export const luaThenWaitAll: Strategy = {
  name: 'lua-then-wait-all',
  summary: 'lua-reserve-once, then WAIT for every replica; nothing is sold for sure while one is gone',
  connection: 'exclusive',
  supports: ['several-units', 'limit'],
  needs: { replicas: REPLICAS },
  guarantees: declareGuarantees({
    eviction: ['stranded', 'lost-sale'],
    'restart-without-aof': ['stranded', 'false-refusal', 'lost-sale'],
  }),

  async open(redis, sale) {
    checkSale(sale, luaThenWaitAll);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(lobby, sale) {
    const { sku } = sale;
    const keys = [stockKey(sku), holdingsKey(sku), answersKey(sku), ordersKey(sku)];
    return {
      async purchase(request, redis) {
        checkRequest(request);
        const args = [request.requestId, request.userId, request.quantity, sale.perUserLimit ?? ''];
        const [answer, copies] = await reserve.runThen(redis, { keys, args }, ['WAIT', REPLICAS, WAIT_MS]);
        const [kind, remaining] = answer as [string, number?];
        requireFit(kind, sku, request.requestId);
        if (kind !== 'sold') return { kind: kind as 'sold-out' | 'limit-reached' };
        if (Number(copies) < REPLICAS) throw new NotReplicatedError(request.requestId);
        return { kind, remaining: Number(remaining) };
      },
      remaining: () => stockLeft(lobby, sku),
      recorded: () => ordersHeld(lobby, sku),
      async release(request) {
        checkRequest(request);
        const answer = await release.run(lobby, keys, [request.requestId, request.userId, '']);
        requireFit(answer as string, sku, request.requestId);
      },
      restock: (quantity) => addStock(lobby, sku, quantity),
    };
  },
};
