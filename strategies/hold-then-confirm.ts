import { checkRequest, checkSale, declareGuarantees } from './contract.ts';
import type { PurchaseOutcome, PurchaseRequest, Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
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
const release = new Script(import.meta.resolve('#lua/lua-coalesced-release.lua'));
const HOLD_MS = 300_000;
const MOST_SWEPT = 100;

/**
 * Units are on hold while the buyer pays, and a sweeper puts back what nobody confirmed. The store alone decides which
 * of the two came first: a buyer who confirms too late is sold the units anew, or refused, whatever the clocks say.
 * Those who were refused meanwhile are not told that the units came back.
 */
export const holdThenConfirm: Strategy = {
  name: 'hold-then-confirm',
  summary: 'EVALSHA: units on hold until a deadline; EVALSHA: sold for good; a sweeper returns what ran out',
  connection: 'shared',
  supports: ['several-units', 'limit'],
  guarantees: declareGuarantees({
    eviction: ['stranded', 'false-refusal', 'lost-sale'],
    'restart-without-aof': ['stranded', 'false-refusal', 'lost-sale'],
  }),

  async open(redis, sale) {
    checkSale(sale, holdThenConfirm);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, { sku, perUserLimit = '' }, env) {
    const [stock, holdings, ledger] = [stockKey(sku), holdingsKey(sku), ledgerKey(sku)];
    const [holds, deadlines] = [holdsKey(sku), deadlinesKey(sku)];
    const ask = async (request: PurchaseRequest, until: number | ''): Promise<PurchaseOutcome | 'held'> => {
      const args = [request.requestId, request.userId, request.quantity, perUserLimit, until];
      const reply = await take.run(redis, [stock, holdings, ledger, holds, deadlines], args);
      const [kind, remaining] = reply as [string, number?];
      if (kind === 'missing') throw new MissingProductError(sku);
      if (kind === 'held') return kind;
      return kind === 'sold' ? { kind, remaining: Number(remaining) } : { kind: kind as 'sold-out' };
    };
    return {
      // Sold is what is confirmed, so a purchase is both; the buyer pays in between, for as long as it takes.
      async purchase(request) {
        checkRequest(request);
        const held = await ask(request, env.now() + HOLD_MS);
        return held === 'held' ? ((await ask(request, '')) as PurchaseOutcome) : held;
      },
      async runJob() {
        const keys = [stock, holdings, holds, deadlines];
        return (await sweep.run(redis, keys, [env.now(), MOST_SWEPT])) === 0 ? 'idle' : 'worked';
      },
      async release(request) {
        checkRequest(request);
        const answer = await release.run(redis, [stock, holdings, ledger], [request.requestId]);
        if (answer === 'missing') throw new MissingProductError(sku);
      },
      restock: (quantity) => addStock(redis, sku, quantity),
      remaining: () => stockLeft(redis, sku),
      recorded: () => ledgerHeld(redis, sku),
    };
  },
};
