import { describe, test, expect } from 'vitest';
import { properties, server } from '../helpers/exploring.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';
import { rotating } from '../helpers/rotating.ts';

const at = server();
const race = { buyers: 2, stock: 1 };
const LIBRARIES = ['ioredis', 'node-redis'];

/** One unit, which is an item of a list. */
const waiting = (technique: string, library: string): ReturnType<typeof shop> =>
  shop(['node', 'shop.mjs', technique, library], {
    open: [{ redis: ['RPUSH', 'units', 'only'] }],
    left: { ask: { redis: ['LLEN', 'units'] } },
  });

describe('a service whose command waits at the server', () => {
  test.each(rotating(LIBRARIES, 1, 'waiting services'))(
    'holds where it sells what it was given, and nothing where its time was up: %s',
    async (library) => {
      const explored = await intercepted(waiting('waits', library), race, at.target, { auditSamples: 2 });
      expect(explored).toMatchObject({ coverage: 'exhausted', audit: { mismatches: [] } });
      expect(properties(explored, 'violated')).toEqual([]);
    },
  );

  test.each(rotating(LIBRARIES, 1, 'services that wait in vain'))(
    'oversells where it does not look at what it was given: %s',
    async (library) => {
      const explored = await intercepted(waiting('waits-in-vain', library), race, at.target, {
        auditSamples: 2,
      });
      expect(properties(explored, 'violated')).toEqual(['oversell']);
    },
  );
});
