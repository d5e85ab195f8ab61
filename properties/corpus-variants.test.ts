import { describe, expect, test } from 'vitest';
import { systemClock } from '../harness/ambient.ts';
import { abilitiesOf } from '../harness/explorer/abilities.ts';
import { scopesOf, type ExploredEnvironment } from '../harness/explorer/environments.ts';
import { explore } from '../harness/explorer/explore.ts';
import type { Strategy } from '../strategies/contract.ts';
import { blindSpots, subject, variants } from './corpus/corpus.ts';
import { properties, server } from './exploring.ts';
import { rotating } from './rotating.ts';
import { seed } from './seed.ts';

const redis = server();

/** Properties that the environment's scopes show to be violated; every scope must be exhausted. */
async function accusations(strategy: Strategy, environment: ExploredEnvironment): Promise<Set<string>> {
  const evaluated = await subject(strategy);
  const abilities = await abilitiesOf(evaluated, redis.target);
  const scopes = scopesOf(environment, strategy, abilities, seed)!;
  expect(scopes).not.toEqual([]);
  const accused = new Set<string>();
  for (const scope of scopes) {
    const found = await explore({
      scope,
      subject: evaluated,
      target: redis.target,
      auditSamples: 0,
      now: () => systemClock.monotonicNs() / 1e6,
    });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'inconclusive')).toEqual([]);
    for (const property of properties(found, 'violated')) accused.add(property);
  }
  return accused;
}

describe('a right way to sell is not accused where it says that it holds', () => {
  const cells = variants.flatMap((variant) =>
    variant.holdsIn.map((environment) => ({ name: variant.name, environment, variant })),
  );
  test.each(rotating(cells, 28, 'variants'))('$name in $environment', async ({ variant, environment }) => {
    const accused = await accusations(variant, environment);
    expect([...accused].filter((property) => !variant.butFor?.some((one) => one === property))).toEqual([]);
  });
});

describe('what exploring does not show is known, and said as soon as it does', () => {
  test.each(blindSpots)('$name in $environment, because $unseen', async (blindSpot) => {
    expect(await accusations(blindSpot, blindSpot.environment)).toEqual(new Set());
  });
});
