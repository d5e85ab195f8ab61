import { checkRequest, checkSale, declareGuarantees } from './contract.ts';
import type { PurchaseOutcome, PurchaseRequest, Strategy } from './contract.ts';
import { MissingProductError, OtherRequestError, ReleasedError, requireFit } from './errors.ts';
import {
  addStock,
  holdingsKey,
  ledgerHeld,
  ledgerKey,
  ordersKey,
  remembered,
  restored,
  setStock,
  stockKey,
  stockLeft,
} from './keys.ts';
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
  supports: ['several-units', 'limit', 'orders'],
  guarantees: declareGuarantees({
    eviction: ['stranded', 'lost-sale'],
    'restart-without-aof': ['stranded', 'false-refusal', 'lost-sale'],
    failover: ['oversell', 'lost-sale'],
  }),

  async open(redis, sale) {
    checkSale(sale, luaCoalesced);
    await setStock(redis, sale);
  },

  seller(redis, { sku, perUserLimit = '', permanent }) {
    const keys = [stockKey(sku), holdingsKey(sku), ledgerKey(sku), ordersKey(sku)];
    const queue: Waiting[] = [];
    let calls = 0;
    const serve = async (batch: readonly Waiting[]): Promise<void> => {
      const args: (string | number)[] = [perUserLimit, batch.length];
      for (const { request } of batch) args.push(request.requestId);
      for (const { request } of batch) args.push(request.userId);
      for (const { request } of batch) args.push(request.quantity);
      if (permanent) args.push('strict');
      try {
        const reply = (await sell.run(redis, keys, args)) as [number, string] | null;
        if (reply === null) throw new MissingProductError(sku);
        let [remaining, letters] = reply;
        for (const [i, { request, resolve, reject }] of batch.entries()) {
          const letter = letters[i];
          if (letter === 's') remaining -= request.quantity;
          if (letter === 's') resolve({ kind: 'sold', remaining });
          else if (letter === 'r') resolve({ kind: 'sold', remaining, ...(permanent && { again: true }) });
          else if (letter === 'g') reject(new ReleasedError(request.requestId));
          else if (letter === 'x') reject(new OtherRequestError(request.requestId));
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
      find: (requestId) => remembered(redis, ledgerKey(sku), requestId),
      restore: (sales) => restored(redis, holdingsKey(sku), ledgerKey(sku), sales),
      recorded: () => ledgerHeld(redis, sku),
      async release(request) {
        checkRequest(request);
        const args = [request.requestId, request.userId, permanent ? 'stays' : ''];
        requireFit((await release.run(redis, keys, args)) as string, sku, request.requestId);
      },
      restock: (quantity) => addStock(redis, sku, quantity),
    };
  },
};
