import { checkRequest, checkSale, declareGuarantees } from './contract.ts';
import type { PurchaseOutcome, PurchaseRequest, Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { addStock, holdingsKey, ledgerHeld, ledgerKey, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const sell = new Script(import.meta.resolve('#lua/lua-coalesced.lua'));
const release = new Script(import.meta.resolve('#lua/lua-coalesced-release.lua'));
const MOST_PER_CALL = 256;
/** While the server decides one call, the next is made or its predecessor's answers are handed out. */
const MOST_CALLS = 2;

interface Waiting {
  request: PurchaseRequest;
  resolve: (outcome: PurchaseOutcome) => void;
  reject: (error: unknown) => void;
}

/** Whoever asks an instance while it has two script calls under way shares the next one, which serves each in turn. */
export const luaCoalesced: Strategy = {
  name: 'lua-coalesced',
  summary: 'EVALSHA for up to 256 buyers at once: stock, limit per user, requestId and order record',
  connection: 'shared',
  supports: ['several-units', 'limit'],
  guarantees: declareGuarantees({
    eviction: ['stranded', 'lost-sale'],
    'restart-without-aof': ['stranded', 'false-refusal', 'lost-sale'],
  }),

  async open(redis, sale) {
    checkSale(sale, luaCoalesced);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, { sku, perUserLimit = '' }) {
    const keys = [stockKey(sku), holdingsKey(sku), ledgerKey(sku)];
    const queue: Waiting[] = [];
    let calls = 0;
    const serve = async (batch: readonly Waiting[]): Promise<void> => {
      const args: (string | number)[] = [perUserLimit, batch.length];
      for (const { request } of batch) args.push(request.requestId);
      for (const { request } of batch) args.push(request.userId);
      for (const { request } of batch) args.push(request.quantity);
      try {
        const reply = (await sell.run(redis, keys, args)) as [number, string] | null;
        if (reply === null) throw new MissingProductError(sku);
        let [remaining, letters] = reply;
        for (const [i, { request, resolve }] of batch.entries()) {
          const letter = letters[i];
          if (letter === 's') remaining -= request.quantity;
          if (letter === 's' || letter === 'r') resolve({ kind: 'sold', remaining });
          else resolve({ kind: letter === 'l' ? 'limit-reached' : 'sold-out' });
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    };
    const serveQueue = async (): Promise<void> => {
      calls++;
      while (queue.length > 0) await serve(queue.splice(0, MOST_PER_CALL));
      calls--;
    };
    return {
      async purchase(request) {
        checkRequest(request);
        return new Promise((resolve, reject) => {
          queue.push({ request, resolve, reject });
          if (calls < MOST_CALLS) void serveQueue();
        });
      },
      remaining: () => stockLeft(redis, sku),
      recorded: () => ledgerHeld(redis, sku),
      async release(request) {
        checkRequest(request);
        const answer = await release.run(redis, keys, [request.requestId]);
        if (answer === 'missing') throw new MissingProductError(sku);
      },
      restock: (quantity) => addStock(redis, sku, quantity),
    };
  },
};
