import { describe, expect, test } from 'vitest';
import { accusations } from '../corpus/accusations.ts';
import { blindSpots, variants } from '../corpus/corpus.ts';
import { server } from '../helpers/exploring.ts';
import { rotating } from '../helpers/rotating.ts';

const redis = server();

describe('a right way to sell is not accused where it says that it holds', () => {
  const cells = variants.flatMap((variant) =>
    variant.holdsIn.map((environment) => ({ name: variant.name, environment, variant })),
  );
  test.each(rotating(cells, 7, 'variants'))(
    '$name is not accused in $environment',
    async ({ variant, environment }) => {
      const accused = await accusations(variant, environment, redis.target);
      expect([...accused].filter((property) => !variant.butFor?.some((one) => one === property))).toEqual([]);
    },
  );
});

describe('what exploring does not show is known, and said as soon as it does', () => {
  test.each(blindSpots)('$name is not accused in $environment, because $unseen', async (blindSpot) => {
    expect(await accusations(blindSpot, blindSpot.environment, redis.target)).toEqual(new Set());
  });
});
