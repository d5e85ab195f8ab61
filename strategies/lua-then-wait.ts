import { checkRequest, checkSale, declareGuarantees, type Strategy } from './contract.ts';
import { requireFit } from './errors.ts';
import { addStock, answersKey, holdingsKey, ordersHeld, ordersKey, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const reserve = new Script(import.meta.resolve('#lua/lua-reserve-once.lua'));
const release = new Script(import.meta.resolve('#lua/lua-release-once.lua'));
const WAIT_MS = 100;

/**
 * `lua-reserve-once` that says "sold" after a replica has the sale, too, or after 100 ms: a failover then loses fewer
 * sales. It may still lose some. Where no replica confirms in time, the sale stands all the same: WAIT answers 0 and
 * undoes nothing, so the buyer is told what is true of the primary. Nor does WAIT tell which replica has it.
 *
 * WAIT blocks its connection, so no two purchases share one. It waits for what that connection wrote: a request that
 * is sent again and finds its sale has written nothing, and is not waited for.
 */
export const luaThenWait: Strategy = {
  name: 'lua-then-wait',
  summary: 'lua-reserve-once, then WAITAOF or WAIT for one replica, 100 ms at most',
  connection: 'exclusive',
  supports: ['several-units', 'limit'],
  guarantees: declareGuarantees({
    eviction: ['stranded', 'lost-sale'],
    'restart-without-aof': ['stranded', 'false-refusal', 'lost-sale'],
  }),

  async open(redis, sale) {
    checkSale(sale, luaThenWait);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  async seller(lobby, sale) {
    const { sku } = sale;
    const keys = [stockKey(sku), holdingsKey(sku), answersKey(sku), ordersKey(sku)];
    // Redis 7.2 with an append-only file can wait until the sale is on disks; others refuse the command.
    const onDisk = await lobby.call('WAITAOF', 1, 0, 1).then(
      () => true,
      () => false,
    );
    return {
      async purchase(request, redis) {
        checkRequest(request);
        const args = [request.requestId, request.userId, request.quantity, sale.perUserLimit ?? '', ''];
        const [kind, remaining] = (await reserve.run(redis, keys, args)) as [string, number?];
        requireFit(kind, sku, request.requestId);
        if (kind !== 'sold') return { kind: kind as 'sold-out' | 'limit-reached' };
        await (onDisk ? redis.call('WAITAOF', 1, 1, WAIT_MS) : redis.wait(1, WAIT_MS));
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
