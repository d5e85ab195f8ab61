import { checkRequest, checkSale, declareGuarantees, type Strategy } from './contract.ts';
import { NotReplicatedError, requireFit } from './errors.ts';
import { addStock, answersKey, holdingsKey, ordersHeld, ordersKey, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const reserve = new Script(import.meta.resolve('#lua/lua-then-wait.lua'));
const release = new Script(import.meta.resolve('#lua/lua-release-once.lua'));
const WAIT_MS = 100;

/**
 * `lua-reserve-once` that says "sold" only after a replica has the sale, too. Where none has it within 100 ms, nobody knows
 * whether it will last: WAIT undoes nothing, so the purchase is unknown, never sold. A failover then loses fewer sales. It
 * may still lose some: WAIT does not tell which replica has it, and another one may take over.
 *
 * WAIT blocks its connection, so no two purchases share one.
 */
export const luaThenWait: Strategy = {
  name: 'lua-then-wait',
  summary: 'lua-reserve-once, then WAITAOF or WAIT for one replica; without it nothing is sold for sure',
  connection: 'exclusive',
  supports: ['several-units', 'limit'],
  needs: { replicas: 1 },
  guarantees: declareGuarantees({
    eviction: ['stranded', 'lost-sale'],
    'restart-without-aof': ['stranded', 'false-refusal', 'lost-sale'],
    failover: ['oversell', 'lost-sale'],
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
        const args = [request.requestId, request.userId, request.quantity, sale.perUserLimit ?? ''];
        const wait: [string, ...number[]] = onDisk ? ['WAITAOF', 1, 1, WAIT_MS] : ['WAIT', 1, WAIT_MS];
        const [answer, copies] = await reserve.runThen(redis, { keys, args }, wait);
        const [kind, remaining] = answer as [string, number?];
        requireFit(kind, sku, request.requestId);
        if (kind !== 'sold') return { kind: kind as 'sold-out' | 'limit-reached' };
        if ([copies].flat().some((count) => Number(count) < 1))
          throw new NotReplicatedError(request.requestId);
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
