import { checkRequest, checkSale, declareGuarantees } from './contract.ts';
import type { PurchaseOutcome, PurchaseRequest, Strategy } from './contract.ts';
import { MissingProductError, TooLateError } from './errors.ts';
import {
  addStock,
  deadlinesKey,
  holdingsKey,
  holdsKey,
  ledgerHeld,
  ledgerKey,
  stockKey,
  stockLeft,
} from './keys.ts';
import { Script } from './script.ts';

const take = new Script(import.meta.resolve('#lua/hold-then-confirm.lua'));
const sweep = new Script(import.meta.resolve('#lua/hold-then-confirm-sweep.lua'));
const release = new Script(import.meta.resolve('#lua/hold-then-confirm-release.lua'));
const HOLD_MS = 300_000;
const MOST_SWEPT = 100;

/**
 * A purchase puts units on hold, a confirm sells them for good, and a sweeper puts back what nobody confirmed in time. The
 * store alone decides which of the two came first: a buyer who confirms too late is sold the units anew, or refunded,
 * whatever the clocks say. Those who were refused meanwhile are not told that the units came back.
 */
export const holdThenConfirm: Strategy = {
  name: 'hold-then-confirm',
  summary: 'EVALSHA: units on hold until a deadline; confirmed by EVALSHA; a sweeper returns what ran out',
  connection: 'shared',
  supports: ['several-units', 'limit'],
  guarantees: declareGuarantees({
    eviction: ['stranded', 'false-refusal', 'lost-sale'],
    'restart-without-aof': ['stranded', 'false-refusal', 'lost-sale'],
    failover: ['lost-sale'],
  }),

  async open(redis, sale) {
    checkSale(sale, holdThenConfirm);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, { sku, perUserLimit = '' }, env) {
    const [stock, holdings, ledger] = [stockKey(sku), holdingsKey(sku), ledgerKey(sku)];
    const [holds, deadlines] = [holdsKey(sku), deadlinesKey(sku)];
    const keys = [stock, holdings, ledger, holds, deadlines];
    const ask = async (request: PurchaseRequest, until: number | ''): Promise<PurchaseOutcome> => {
      checkRequest(request);
      const args = [request.requestId, request.userId, request.quantity, perUserLimit, until];
      const [kind, remaining] = (await take.run(redis, keys, args)) as [string, number?];
      if (kind === 'missing') throw new MissingProductError(sku);
      if (kind === 'held' || kind === 'sold') return { kind: 'sold', remaining: Number(remaining) };
      return { kind: kind as 'sold-out' };
    };
    return {
      purchase: (request) => ask(request, env.now() + HOLD_MS),
      async confirm(request) {
        const { kind } = await ask(request, '');
        if (kind !== 'sold') throw new TooLateError(request.requestId);
      },
      async runJob() {
        return (await sweep.run(redis, [stock, holdings, holds, deadlines], [env.now(), MOST_SWEPT])) === 0
          ? 'idle'
          : 'worked';
      },
      async release(request) {
        checkRequest(request);
        const answer = await release.run(redis, keys, [request.requestId]);
        if (answer === 'missing') throw new MissingProductError(sku);
      },
      restock: (quantity) => addStock(redis, sku, quantity),
      remaining: () => stockLeft(redis, sku),
      recorded: () => ledgerHeld(redis, sku),
    };
  },
};
