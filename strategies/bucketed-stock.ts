import { checkRequest, checkSale, checkUnits, declareGuarantees, type Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { bucketKey } from './keys.ts';
import { Script } from './script.ts';

const decrement = new Script(import.meta.resolve('#lua/lua-decrement.lua'));
const putOnSale = new Script(import.meta.resolve('#lua/put-on-sale.lua'));
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
      calm: {},
      'several-units': { breaks: ['false-refusal'] },
      'release-restock': { breaks: ['false-refusal'] },
      'buyer-crash': { breaks: ['stranded'] },
      'lost-reply': { breaks: ['oversell', 'false-refusal', 'double-sale'] },
      retry: { breaks: ['stranded', 'false-refusal', 'double-sale'] },
      'script-flush': {},
      expiry: {},
      eviction: { breaks: ['stranded'] },
      'hostile-input': { breaks: ['false-refusal', 'double-sale'] },
      restart: { breaks: ['false-refusal', 'double-sale'] },
      'restart-without-aof': { breaks: ['stranded', 'false-refusal'] },
    },
    { notApplicable: ['user-limit', 'lost-sale'] },
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
    const add = async (units: number): Promise<void> => {
      const left = await putOnSale.run(redis, [keys[turn++ % keys.length]!], [units]);
      if (left === null) throw new MissingProductError(sale.sku);
    };
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
      async release(request) {
        checkRequest(request);
        await add(request.quantity);
      },
      async restock(quantity) {
        checkUnits('quantity', quantity, 1);
        await add(quantity);
      },
    };
  },
};

/** No more buckets than units. */
function bucketsOf({ sku, stock }: { sku: string; stock: number }): string[] {
  const count = Math.max(1, Math.min(MOST_BUCKETS, stock));
  return Array.from({ length: count }, (_, i) => bucketKey(sku, i));
}
