import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { saleModel } from '../../harness/checkers/sale-model.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import type { Environment, Property, Sale, Seller, Strategy } from '../../strategies/contract.ts';
import { stockKey } from '../../strategies/keys.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { sellable } from '../helpers/built-ins.ts';
import { promptServer } from '../helpers/exploring.ts';
import { saleCommands, Shop, type Asked } from '../helpers/sale-commands.ts';
import { rejection } from '../helpers/machines.ts';
import { seed } from '../helpers/seed.ts';

const server = promptServer();
let redis: Redis;
beforeAll(() => {
  redis = new Redis(server.target.options);
});
afterAll(() => redis.disconnect());

const holds = ({ guarantees }: Strategy, property: Property, environment: Environment): boolean =>
  guarantees?.[property]?.[environment] === 'holds';

let sales = 0;

/** Plays sequences of commands on a real server and on the model, and compares every answer. */
async function play(strategy: Strategy, runs: number): Promise<void> {
  const limit = strategy.supports?.includes('limit') === true;
  const probe = await new Shop(strategy, redis, { sku: `probe-${++sales}`, stock: 1 }, () => 0).open();
  const asked: Asked = {
    mostUnits: holds(strategy, 'false-refusal', 'several-units') ? 3 : 1,
    remembers: holds(strategy, 'double-sale', 'hostile-input'),
    release: probe.seller.release !== undefined,
    restock: probe.seller.restock !== undefined,
  };
  await probe.seller.close?.();
  // It stays as it is: fast-check shrinks only commands that ran, and in another sale others would run.
  const opening = fc.noShrink(
    fc.record({ stock: fc.integer({ min: 0, max: 6 }), perUserLimit: fc.integer({ min: 1, max: 4 }) }),
  );
  await fc.assert(
    fc.asyncProperty(opening, saleCommands(asked), async ({ stock, perUserLimit }, commands) => {
      const sale: Sale = { sku: `modelled-${++sales}`, stock, ...(limit && { perUserLimit }) };
      const random = seededRandom(seed).fork(sale.sku);
      const shop = await new Shop(strategy, redis, sale, () => random.next()).open();
      const model = { sale, state: saleModel(sale, { letThrough: false }).init(), sold: new Map() };
      await fc.asyncModelRun(() => ({ model, real: shop }), commands);
      await shop.seller.close?.();
    }),
    { numRuns: runs },
  );
}

describe('every answer to any sequence of commands is one that the model gives', () => {
  // A strategy that may refuse wrongly gives other answers than the model, by declaration.
  const exact = sellable
    .map(({ strategy }) => strategy)
    .filter((strategy) => holds(strategy, 'false-refusal', 'calm'));
  test.each(exact)('$name answers as the model does, whatever the commands', async (strategy) => {
    await play(strategy, 30);
  });
});

/** `lua-reserve-once` with part of its seller replaced. */
const twisted = (change: (seller: Seller, sale: Sale) => Partial<Seller>): Strategy => ({
  ...luaReserveOnce,
  async seller(lobby, sale, env) {
    const seller = await luaReserveOnce.seller(lobby, sale, env);
    return { ...seller, ...change(seller, sale) };
  },
});

const mistakes: [string, RegExp, Strategy][] = [
  [
    'a retry that sells again',
    /purchase\(r\d, u\d, \d\),(retry|read|purchase)/,
    twisted((seller) => {
      let asked = 0;
      return {
        purchase: (request, lent) =>
          seller.purchase({ ...request, requestId: `${request.requestId}#${++asked}` }, lent),
      };
    }),
  ],
  [
    'a restock that writes the stock instead of adding to it',
    /restock\(\d\),(read|purchase)/,
    twisted((_seller, { sku }) => ({
      restock: async (quantity) => void (await redis.set(stockKey(sku), quantity)),
    })),
  ],
  [
    'a sold-out flag that is set by whoever asked for too many',
    /(purchase|retry)\([^)]*\)$/,
    twisted((seller) => {
      let over = false;
      return {
        async purchase(request, lent) {
          if (over) return { kind: 'sold-out' };
          const outcome = await seller.purchase(request, lent);
          over = outcome.kind === 'sold-out';
          return outcome;
        },
      };
    }),
  ],
];

test.each(mistakes)(
  '%s is caught, and shrunk to a sequence that can be read',
  async (_, sequence, strategy) => {
    const failure = await rejection(play(strategy, 300));
    expect(failure).toBeInstanceOf(Error);
    const [, shown = ''] =
      /^Counterexample: \[[^\n]*?,(\w+[^\n]*?) \/\*/m.exec((failure as Error).message) ?? [];
    expect(shown).toMatch(sequence);
    expect(shown.match(/purchase|retry|release|restock|crash|read/g)!.length).toBeLessThanOrEqual(6);
  },
);
