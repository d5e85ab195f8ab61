import { checkRequest, checkSale, declareGuarantees, putsBack } from './contract.ts';
import type { PurchaseOutcome, PurchaseRequest, Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { addStock, lockKey, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const unlock = new Script(import.meta.resolve('#lua/lock-guarded.lua'));
const LOCK_MS = 5_000;
const PAUSE_MS = 10;

/**
 * One buyer at a time, as long as nobody is slower than the lock lasts: an owner that was paused goes on to take units
 * under a lock that is somebody else's by then.
 */
export const lockGuarded: Strategy = {
  name: 'lock-guarded',
  summary: 'SET NX PX as a lock; under it GET, and DECRBY if there was enough; compare-and-delete',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      calm: ['progress'],
      'several-units': ['progress'],
      'release-restock': ['progress'],
      cancel: ['oversell', 'progress'],
      'buyer-crash': ['stranded', 'progress'],
      'lost-reply': ['false-refusal', 'double-sale', 'progress'],
      timeout: ['stranded', 'progress'],
      retry: ['stranded', 'false-refusal', 'double-sale', 'progress'],
      'script-flush': ['progress'],
      expiry: ['oversell', 'progress'],
      slow: ['oversell', 'progress'],
      eviction: ['oversell', 'stranded', 'false-refusal', 'progress'],
      'hostile-input': ['false-refusal', 'double-sale', 'progress'],
      restart: ['progress'],
      'restart-without-aof': ['stranded'],
      failover: ['oversell', 'lost-sale', 'progress'],
    },
    { lacks: ['limit', 'ledger'] },
  ),

  async open(redis, sale) {
    checkSale(sale, lockGuarded);
    await redis.set(stockKey(sale.sku), sale.stock);
    await unlock.load(redis);
  },

  seller(redis, { sku }, env) {
    const [stock, lock] = [stockKey(sku), lockKey(sku)];
    const buy = async ({ quantity }: PurchaseRequest): Promise<PurchaseOutcome> => {
      // Of this attempt, not of the request: a retry elsewhere must not give back what this one holds.
      const token = crypto.randomUUID();
      for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
        if (attempt > 1) await env.sleep(PAUSE_MS);
        if ((await redis.set(lock, token, 'PX', LOCK_MS, 'NX')) === null) continue;
        try {
          const left = await redis.get(stock);
          if (left === null) throw new MissingProductError(sku);
          if (Number(left) < quantity) return { kind: 'sold-out' };
          return { kind: 'sold', remaining: await redis.decrby(stock, quantity) };
        } finally {
          await unlock.run(redis, [lock], [token]);
        }
      }
      return { kind: 'gave-up', attempts: env.maxAttempts };
    };
    // Those of one process stand in line here; else they would ask again and again for what it holds itself.
    let line: Promise<unknown> = Promise.resolve();
    return {
      async purchase(request) {
        checkRequest(request);
        const turn = line.then(() => buy(request));
        line = turn.catch(() => undefined);
        return turn;
      },
      remaining: () => stockLeft(redis, sku),
      // Adding needs no lock: whoever holds it has seen too few units at worst.
      ...putsBack((units) => addStock(redis, sku, units)),
    };
  },
};
