import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { addStock, bucketKey } from './keys.ts';
import { Script } from './script.ts';

const decrement = new Script(import.meta.resolve('#lua/lua-decrement.lua'));
const MOST_BUCKETS = 16;

/**
 * The stock lies in several keys, on as many nodes of a cluster: no single key is hot. Nobody sees all buckets at once,
 * so a buyer may be refused what lies in fragments, or what came back to a bucket that he had just found empty.
 */
export const bucketedStock: Strategy = {
  name: 'bucketed-stock',
  summary: 'the stock in up to 16 keys: EVALSHA (check, DECRBY) on one at random, then on the others',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      'several-units': ['false-refusal'],
      'release-restock': ['false-refusal'],
      cancel: ['oversell'],
      'buyer-crash': ['stranded'],
      'lost-reply': ['false-refusal', 'double-sale'],
      timeout: ['stranded'],
      retry: ['stranded', 'false-refusal', 'double-sale'],
      eviction: ['stranded', 'progress'],
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['false-refusal', 'double-sale'],
      'restart-without-aof': ['stranded', 'false-refusal'],
      failover: ['oversell', 'stranded', 'false-refusal', 'double-sale', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
  ),

  async open(redis, sale) {
    checkSale(sale, bucketedStock);
    const keys = bucketsOf(sale);
    const unitsIn = (i: number): number =>
      Math.floor(sale.stock / keys.length) + (i < sale.stock % keys.length ? 1 : 0);
    await Promise.all(keys.map((key, i) => redis.set(key, unitsIn(i))));
  },

  seller(redis, sale, env) {
    const keys = bucketsOf(sale);
    let turn = 0;
    return {
      async purchase(request) {
        checkRequest(request);
        const first = env.pick(keys.length);
        for (const key of [...keys.slice(first), ...keys.slice(0, first)]) {
          const left = Number(await decrement.run(redis, [key], [request.quantity]));
          if (left === -2) throw new MissingProductError(sale.sku);
          if (left >= 0) return { kind: 'sold' };
        }
        return { kind: 'sold-out' };
      },
      async remaining() {
        const units = await Promise.all(keys.map((key) => redis.get(key)));
        if (units.includes(null)) throw new MissingProductError(sale.sku);
        return units.reduce((sum, bucket) => sum + Number(bucket), 0);
      },
      ...putsBack((units) => addStock(redis, sale.sku, units, keys[turn++ % keys.length])),
    };
  },
};

/** No more buckets than units. */
function bucketsOf({ sku, stock }: { sku: string; stock: number }): string[] {
  const count = Math.max(1, Math.min(MOST_BUCKETS, stock));
  return Array.from({ length: count }, (_, i) => bucketKey(sku, i));
}
