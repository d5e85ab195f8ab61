import { checkRequest, checkSale, declareGuarantees, putsBack, type Strategy } from './contract.ts';
import { MissingProductError, UnsupportedError } from './errors.ts';
import { stockKey } from './keys.ts';

const MOST = 2 ** 32 - 1;

/** An unsigned counter of the server's own, which never goes below zero. A missing key is all zeros: sold out. */
export const bitfieldFail: Strategy = {
  name: 'bitfield-fail',
  summary: 'BITFIELD OVERFLOW FAIL INCRBY on an unsigned counter, which cannot go below zero',
  connection: 'shared',
  supports: ['several-units'],
  guarantees: declareGuarantees(
    {
      cancel: ['oversell'],
      'buyer-crash': ['stranded'],
      'lost-reply': ['false-refusal', 'double-sale'],
      timeout: ['stranded'],
      retry: ['stranded', 'false-refusal', 'double-sale'],
      eviction: ['stranded', 'false-refusal'],
      'hostile-input': ['false-refusal', 'double-sale'],
      restart: ['false-refusal', 'double-sale'],
      'restart-without-aof': ['stranded', 'false-refusal'],
      failover: ['oversell', 'stranded', 'false-refusal', 'double-sale', 'lost-sale'],
    },
    { lacks: ['limit', 'ledger'] },
  ),

  async open(redis, sale) {
    checkSale(sale, bitfieldFail);
    if (sale.stock > MOST) throw new UnsupportedError(bitfieldFail.name, `more than ${MOST} units`);
    await redis.bitfield(stockKey(sale.sku), 'SET', 'u32', '#0', sale.stock);
  },

  async seller(redis, sale) {
    const key = stockKey(sale.sku);
    if ((await redis.exists(key)) === 0) throw new MissingProductError(sale.sku);
    /** @returns units left, or null if the counter would leave its range: then nothing changes */
    const change = async (units: number): Promise<number | null> => {
      const reply = await redis.bitfield(key, 'OVERFLOW', 'FAIL', 'INCRBY', 'u32', '#0', units);
      return (reply as [number | null])[0];
    };
    const add = async (units: number): Promise<void> => {
      if ((await change(units)) === null)
        throw new UnsupportedError(bitfieldFail.name, `more than ${MOST} units`);
    };
    return {
      async purchase(request) {
        checkRequest(request);
        const remaining = await change(-request.quantity);
        return remaining === null ? { kind: 'sold-out' } : { kind: 'sold', remaining };
      },
      async remaining() {
        const reply = await redis.bitfield(key, 'GET', 'u32', '#0');
        return (reply as [number])[0];
      },
      ...putsBack(add),
    };
  },
};
