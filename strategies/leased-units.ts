import { checkRequest, checkSale, declareGuarantees, type Client, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { addStock, leasesKey, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const exchangeLease = new Script(import.meta.resolve('#lua/leased-units.lua'));
const LEASE_UNITS = 64;
const LEASE_MS = 1_000;

/** The name that an instance leases under: a number that no other has. */
async function enrol(redis: Client, sku: string): Promise<number> {
  if ((await redis.exists(stockKey(sku))) === 0) throw new MissingProductError(sku);
  return redis.hincrby(leasesKey(sku), 'instances', 1);
}

/**
 * An instance takes many units in one call and sells them from memory. Only its owner ends a lease: the store does not
 * know what of it was sold, so a sweeper that puts an old lease back on sale sells units twice that a dead or a slow
 * instance has sold. What an instance leased is lost with it, and is not for sale elsewhere meanwhile.
 */
export const leasedUnits: Strategy = {
  name: 'leased-units',
  summary: 'EVALSHA leases 64 units to an instance, which sells them from memory and returns the rest',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      calm: ['false-refusal'],
      'several-units': ['false-refusal'],
      'release-restock': ['false-refusal'],
      cancel: ['oversell', 'false-refusal'],
      'buyer-crash': ['stranded', 'false-refusal'],
      'lost-reply': ['false-refusal'],
      timeout: ['false-refusal'],
      retry: ['stranded', 'false-refusal', 'double-sale'],
      'script-flush': ['false-refusal'],
      expiry: ['false-refusal'],
      slow: ['false-refusal'],
      // Where the names of the instances are lost, two may get one name, and one lease.
      eviction: ['oversell', 'stranded', 'false-refusal'],
      'hostile-input': ['false-refusal', 'double-sale', 'progress'],
      'restart-without-aof': ['stranded', 'false-refusal'],
      failover: ['oversell', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
  ),

  async open(redis, sale) {
    checkSale(sale, leasedUnits);
    await redis.set(stockKey(sale.sku), sale.stock);
  },

  seller(redis, { sku }, env) {
    const keys = [stockKey(sku), leasesKey(sku)];
    let instance: number | undefined;
    const sold = new Set<string>();
    let lease = { number: 0, unsold: 0 };
    // The call under way, or one whose outcome is unknown: until it was repeated as it was, nothing is sold.
    let call: { number: number; unsold: number; asked: number } | undefined;
    let exchanging: Promise<{ asked: number; units: number }> | undefined;

    const exchange = async (asked: number): Promise<{ asked: number; units: number }> => {
      instance ??= await enrol(redis, sku);
      // By its number a call that is sent twice, or arrives late, exchanges a lease once.
      const { number, ...terms } = (call ??= { number: lease.number + 1, unsold: lease.unsold, asked });
      const args = [instance, number, terms.unsold, terms.asked];
      const units = Number(await exchangeLease.run(redis, keys, args));
      if (units === -1) throw new MissingProductError(sku);
      lease = { number, unsold: units };
      call = undefined;
      if (units > 0) void endLater(number);
      return { asked: terms.asked, units };
    };
    const renew = (asked: number): Promise<{ asked: number; units: number }> =>
      (exchanging ??= exchange(asked).finally(() => (exchanging = undefined)));

    const endLater = async (number: number): Promise<void> => {
      await env.sleep(LEASE_MS);
      if (lease.number === number && lease.unsold > 0) await renew(0).catch(() => undefined); // whoever calls next repeats it
    };

    return {
      async purchase(request) {
        checkRequest(request);
        const { requestId, quantity } = request;
        for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
          if (sold.has(requestId)) return { kind: 'sold' };
          if (!call && lease.unsold >= quantity) {
            lease.unsold -= quantity;
            sold.add(requestId);
            return { kind: 'sold' };
          }
          const { asked, units } = await renew(Math.max(LEASE_UNITS, quantity));
          if (units < quantity && asked >= quantity) return { kind: 'sold-out' };
        }
        return { kind: 'gave-up', attempts: env.maxAttempts }; // others of this process were quicker each time
      },
      async close() {
        await exchanging?.catch(() => undefined);
        if (!call && lease.unsold === 0) return;
        do await renew(0);
        while (lease.unsold > 0); // the first may repeat a call that takes units
      },
      remaining: () => stockLeft(redis, sku),
      async release(request) {
        checkRequest(request);
        sold.delete(request.requestId);
        await addStock(redis, sku, request.quantity);
      },
      restock: (quantity) => addStock(redis, sku, quantity),
    };
  },
};
