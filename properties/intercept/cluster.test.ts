import { describe, expect, test } from 'vitest';
import { properties, server } from '../helpers/exploring.ts';
import { intercepted, ofArticle, shop } from '../helpers/intercepting.ts';
import { rotating } from '../helpers/rotating.ts';
import { isHere, PYTHON, TOOLCHAINS } from '../helpers/toolchains.ts';

const at = server();
const alone = { buyers: 1, stock: 1 };
const IN_TIME = 600_000;
const quickly = { auditSamples: 2 };
const CLIENTS = ['ioredis-cluster', 'node-redis-cluster'];
const by = (technique: string, library: string) => shop(['node', 'shop.mjs', technique, library]);

describe('a service whose client is one of a cluster', () => {
  test.each(rotating(CLIENTS, 1, 'clients of clusters'))(
    'is told of one node, and explored: %s',
    async (library) => {
      const scope = { buyers: 2, stock: 1 };
      const explored = await intercepted(by('read-then-write', library), scope, at.target, quickly);
      expect(explored.coverage).toBe('exhausted');
      expect(properties(explored, 'violated')).toContain('oversell');
    },
    IN_TIME,
  );

  test.each(rotating(CLIENTS, 1, 'keys of one slot'))(
    'may name several keys of one slot: %s',
    async (library) => {
      const explored = await intercepted(by('one-slot', library), alone, at.target, quickly);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    },
    IN_TIME,
  );

  test.each(rotating(CLIENTS, 1, 'keys of two slots'))(
    'is refused keys of two slots, as a cluster does: %s',
    async (library) => {
      const ran = intercepted(by('two-slots', library), alone, at.target, quickly);
      await expect(ran).rejects.toThrow(/not told whether they bought.*status 500/s);
    },
    IN_TIME,
  );

  test(
    'may name keys of two slots where its client is none of a cluster',
    async () => {
      const explored = await intercepted(by('two-slots', 'ioredis'), alone, at.target, quickly);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    },
    IN_TIME,
  );
});

const OTHERS = {
  'redis-py, which asks first whether there is one, and is told so': {
    cluster: true,
    toolchain: TOOLCHAINS.python,
    start: [PYTHON, '-m', 'flask', '--app', 'cluster', 'run', '--port', '{port}'],
  },
  phpredis: {
    cluster: false,
    toolchain: TOOLCHAINS.php,
    start: ['php', '-S', '127.0.0.1:{port}', 'cluster.php'],
  },
};

for (const [name, { toolchain, start, cluster }] of Object.entries(OTHERS)) {
  const isMissing = !isHere(toolchain);
  const scope = { buyers: 2, stock: 1 };

  describe.skipIf(isMissing)(
    `a client of a cluster by ${name}${isMissing ? ', skipped: it is not here' : ''}`,
    () => {
      test(
        'holds where it decrements and looks at what came of it',
        async () => {
          const explored = await intercepted(ofArticle(start, { cluster }), scope, at.target, quickly);
          expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', interleavings: 2n });
        },
        IN_TIME,
      );

      test(
        'oversells where it looks before',
        async () => {
          const buy = { path: '/reckless?product_name=phone&token={request}' };
          const explored = await intercepted(ofArticle(start, { buy, cluster }), scope, at.target, quickly);
          expect(explored.coverage).toBe('exhausted');
          expect(properties(explored, 'violated')).toContain('oversell');
        },
        IN_TIME,
      );
    },
  );
}

test(
  'a client of Sentinels is led to the primary',
  async () => {
    const explored = await intercepted(
      by('read-then-write', 'node-redis-sentinel'),
      { buyers: 2, stock: 1 },
      at.target,
      quickly,
    );
    expect(explored.coverage).toBe('exhausted');
    expect(properties(explored, 'violated')).toEqual(['oversell']);
  },
  IN_TIME,
);

describe('a service that logs in to its Redis', () => {
  test.each(rotating(['ioredis', 'node-redis'], 1, 'logins'))(
    'is let in, by whatever it says: %s',
    async (library) => {
      const env = { REDIS_URL: 'redis://shop:secret@127.0.0.1:{redis_port}' };
      const file = shop(['node', 'shop.mjs', 'watch', library], { env });
      const explored = await intercepted(file, alone, at.target, quickly);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    },
    IN_TIME,
  );
});
