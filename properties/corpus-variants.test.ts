import { describe, expect, test } from 'vitest';
import { systemClock } from '../harness/ambient.ts';
import { abilitiesOf } from '../harness/explorer/abilities.ts';
import { scopesOf } from '../harness/explorer/environments.ts';
import { explore } from '../harness/explorer/explore.ts';
import { subject, variants } from './corpus/corpus.ts';
import { properties, server } from './exploring.ts';
import { rotating } from './rotating.ts';
import { seed } from './seed.ts';

const redis = server();

describe('a right way to sell is not accused where it says that it holds', () => {
  const cells = variants.flatMap((variant) =>
    variant.holdsIn.map((environment) => ({ name: variant.name, environment, variant })),
  );
  test.each(rotating(cells, 44, 'variants'))('$name in $environment', async ({ variant, environment }) => {
    const strategy = await subject(variant);
    const butFor: readonly string[] = variant.butFor ?? [];
    const abilities = await abilitiesOf(strategy, redis.target);
    const scopes = scopesOf(environment, variant, abilities, seed)!;
    expect(scopes).not.toEqual([]);
    for (const scope of scopes) {
      const found = await explore({
        scope,
        subject: strategy,
        target: redis.target,
        auditSamples: 0,
        now: () => systemClock.monotonicNs() / 1e6,
      });
      expect(found.coverage).toBe('exhausted');
      const accused = properties(found, 'violated').filter((one) => !butFor.includes(one));
      expect(accused).toEqual([]);
      expect(properties(found, 'inconclusive')).toEqual([]);
    }
  });
});
