import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Judgement } from '../../harness/checkers/checker.ts';
import { judge } from '../../harness/checkers/judge.ts';
import { PROPERTIES, type Environment, type Strategy } from '../../strategies/contract.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { race } from '../helpers/race.ts';
import { smallSale, smallSales, type SmallSale } from '../helpers/arbitraries.ts';
import { sellable, waiting } from '../helpers/built-ins.ts';
import { promptServer } from '../helpers/exploring.ts';
import { Replicated } from '../helpers/replicated.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { rotating } from '../helpers/rotating.ts';
import { twins } from '../helpers/twins.ts';

const redis = promptServer();

const judged = async (
  strategy: Strategy,
  small: SmallSale,
  target: RedisTarget = redis.target,
): Promise<Judgement> => judge(await race(strategy, target, small), { timeoutMs: 10_000 });

/** What is not as declared: a property that should hold and is violated or open. */
function broken({ guarantees }: Strategy, environment: Environment, judgement: Judgement): string[] {
  return PROPERTIES.filter(
    (property) =>
      guarantees?.[property]?.[environment] !== 'breaks' &&
      !['holds', 'n/a'].includes(judgement[property].verdict),
  ).map((property) => `${property}: ${judgement[property].evidence[0]?.message}`);
}

const correct = sellable.filter(({ control }) => !control).map(({ strategy }) => strategy);

describe.each(rotating(correct, 2, 'strategies'))(
  '$name keeps what it declares on a real server',
  (strategy) => {
    const limit = strategy.supports?.includes('limit') === true;
    const scopes = [
      { environment: 'calm', sales: smallSales({ most: 1, limit: false }) },
      { environment: 'several-units', sales: smallSales({ most: 4, limit }) },
    ] as const;

    test.each(scopes)('no $environment sale ever breaks what it declares', async ({ environment, sales }) => {
      await fc.assert(
        fc.asyncProperty(sales, async (small) => {
          expect(broken(strategy, environment, await judged(strategy, small))).toEqual([]);
        }),
        { numRuns: 25 },
      );
    });
  },
);

test.each(waiting)('$name keeps what it declares beside two real replicas', async (strategy) => {
  await using replicated = await Replicated.start();
  await fc.assert(
    fc.asyncProperty(smallSales({ most: 4, limit: true }), async (small) => {
      const judgement = await judged(strategy, small, replicated.primary);
      expect(broken(strategy, 'several-units', judgement)).toEqual([]);
    }),
    { numRuns: 10 },
  );
});

describe('the same check', () => {
  test.each(twins)(
    'catches $property broken by a twin that $mistake',
    async ({ property, strategy, sale }) => {
      const found = broken(strategy, 'several-units', await judged(strategy, sale()));
      expect(found).toContainEqual(expect.stringMatching(`^${property}: `));
    },
  );
});

test('the control never gets away: on one connection every check comes before every decrement', async () => {
  const greedy = fc
    .integer({ min: 1, max: 8 })
    .chain((stock) =>
      fc
        .array(fc.integer({ min: 1, max: stock }), { minLength: stock + 1, maxLength: 16 })
        .map((quantities) => smallSale(stock, quantities)),
    );
  await fc.assert(
    fc.asyncProperty(greedy, async (small) => {
      const { oversell } = await judged(readThenWrite, small);
      const asked = small.requests.reduce((sum, { quantity }) => sum + quantity, 0);
      expect(oversell.verdict).toBe('violated');
      expect(oversell.evidence[0]?.units).toBe(asked - small.sale.stock);
    }),
    { numRuns: 25 },
  );
});
