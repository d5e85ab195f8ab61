import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { crossesSlots, slotOf } from '../../harness/explorer/server/slots.ts';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { properties, server, type GivenScope } from '../helpers/exploring.ts';
import {
  exploringProject,
  LOOKS_AND_TAKES,
  projectWith,
  sellingBy,
  TAKES,
  type Buying,
  type Library,
} from '../helpers/own-clients.ts';
import { oversell } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { thirdOf } from '../helpers/rotating.ts';

const redis = server();
const calm = { buyers: 2, stock: 1 };

const NODES = "[{ host: 'a.internal', port: 7000 }, { host: '10.0.0.2', port: 7001 }]";
const SENTINELS =
  "{ sentinels: [{ host: 's.internal', port: 26379 }, { host: '10.0.0.3', port: 26379 }], name: 'shop' }";
const nodeRedis = (ours: 'redis4' | 'redis5'): Library => ({
  head: `import { createCluster } from 'redis';
const cluster = createCluster({ rootNodes: [{ url: 'redis://a.internal:7000' }, { url: 'redis://10.0.0.2:7001' }] });
cluster.on('error', () => {});
const connected = cluster.connect();
const own = { get: async (key) => (await connected, cluster.get(key)), set: async (key, value) => (await connected, cluster.set(key, value)),
  decr: async (key) => (await connected, cluster.decr(key)) };`,
  client: 'own',
  installed: { redis: ours },
});
const SENTINEL: Library = {
  head: `import { createSentinel } from 'redis';
const shop = createSentinel({ name: 'shop', sentinelRootNodes: [{ host: 's.internal', port: 26379 }, { host: '10.0.0.3', port: 26379 }] });
shop.on('error', () => {});
const connected = shop.connect();
const own = { get: async (key) => (await connected, shop.get(key)), set: async (key, value) => (await connected, shop.set(key, value)),
  decr: async (key) => (await connected, shop.decr(key)) };`,
  client: 'own',
  installed: { redis: 'redis5' },
};
const io = (ours: 'ioredis' | 'ioredis4' | 'ioredis5', made: string): Library => ({
  head: `import ${ours === 'ioredis4' ? 'Redis' : '{ Cluster, Redis }'} from 'ioredis';\nconst own = ${made};`,
  client: 'own',
  installed: { ioredis: ours },
});

const CLUSTERS: Record<string, Library> = {
  'a Cluster of ioredis 6': io('ioredis', `new Cluster(${NODES})`),
  'a Cluster of ioredis 5': io('ioredis5', `new Cluster(${NODES})`),
  'a cluster of node-redis 5': nodeRedis('redis5'),
  'a cluster of node-redis 4': nodeRedis('redis4'),
};
const BY_SENTINELS: Record<string, Library> = {
  'Sentinels of ioredis 6': io('ioredis', `new Redis(${SENTINELS})`),
  'Sentinels of ioredis 5': io('ioredis5', `new Redis(${SENTINELS})`),
  'Sentinels of ioredis 4': io('ioredis4', `new Redis(${SENTINELS})`),
  'Sentinels of node-redis 5': SENTINEL,
};

const exploring = (
  library: Library,
  buying: Buying,
  scope: GivenScope = calm,
): ReturnType<typeof exploringProject> =>
  exploringProject(
    redis.target,
    projectWith({ 'sell.ts': sellingBy(library, buying) }, library.installed),
    scope,
    { auditSamples: 4 },
  );

/** Takes after a minute. */
const WAITS: Buying = (client) => `await new Promise((done) => setTimeout(done, 60_000));
      ${TAKES(client)}`;

describe('clients that ask where the server is', () => {
  const libraries = Object.entries({ ...CLUSTERS, ...BY_SENTINELS });

  test.each(thirdOf(libraries, 'clusters'))('%s finds it, and sells what there is', async (_, library) => {
    const right = await exploring(library, TAKES);
    expect(properties(right, 'violated')).toEqual([]);
    expect(right.coverage).toBe('exhausted');
    expect(right.audit.mismatches).toEqual([]);
    const wrong = await exploring(library, LOOKS_AND_TAKES);
    expect(properties(wrong, 'violated')).toContain('oversell');
    expect(wrong.audit.mismatches).toEqual([]);
  });

  test.each([
    ['a Cluster', CLUSTERS['a Cluster of ioredis 6']!],
    ['Sentinels', BY_SENTINELS['Sentinels of ioredis 6']!],
  ])('%s: whoever loses the connection finds the server again, and sends again', async (_, library) => {
    const found = await exploring(library, TAKES, { ...calm, faults: { 'lost-reply': 1 } });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toContain('double-sale');
    expect(found.audit.mismatches).toEqual([]);
  });

  test('a Cluster that asks for its slots every 5 s is explored to the end all the same', async () => {
    const found = await exploring(CLUSTERS['a Cluster of ioredis 6']!, WAITS, { buyers: 1, stock: 1 });
    expect(found).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
  });
});

test('what is only looked at does not complain for as long as it is explored that nobody answers', async () => {
  // By its address: where it looks up a name, the exploration may have begun by the time that it waits.
  const { head, installed } = io('ioredis', "new Cluster([{ host: '127.0.0.1', port: 7000 }])");
  const folder = projectWith({ 'sell.ts': sellingBy({ head, client: 'own' }, TAKES) }, installed);
  const words = ['--buyers', '3', '--stock', '2', '--faults', 'lost-reply=1', '--property', 'oversell'];
  const runs = ['--seed', '1', '--runs', temporaryFolder()];
  const { exitCode, stderr } = await oversell(['explore', join(folder, 'sell.ts'), ...words, ...runs]).ended;
  expect(exitCode).toBe(0);
  expect(stderr).not.toMatch(/Failed to refresh slots cache/);
});

/** Takes a unit and notes who has it, in two keys. */
const TWO_KEYS = {
  'in a script': (stock: string, orders: string): string =>
    `const left = await own.eval("redis.call('HSET', KEYS[2], ARGV[1], 1) return redis.call('DECR', KEYS[1])", 2, '${stock}', '${orders}', requestId);`,
  'in a transaction': (stock: string, orders: string): string =>
    `const [[failed, left]] = await own.multi().decr('${stock}').hset('${orders}', requestId, 1).exec();
      if (failed) throw failed;`,
};
const selling = (library: Library, how: keyof typeof TWO_KEYS, [stock, orders]: [string, string]): string =>
  `${library.head}
export const mine = {
  name: 'mine', summary: 'sells by a cluster', connection: 'shared',
  open: async (redis, sale) => void (await own.set('${stock}', String(sale.stock))),
  seller: (redis) => ({
    purchase: async ({ requestId }) => {
      ${TWO_KEYS[how](stock, orders)}
      return { kind: left >= 0 ? 'sold' : 'sold-out' };
    },
    remaining: async () => Math.max(0, Number(await own.get('${stock}'))),
  }),
};`;

const exploringTwo = (library: Library, how: keyof typeof TWO_KEYS, keys: [string, string]) =>
  exploringProject(
    redis.target,
    projectWith({ 'sell.ts': selling(library, how, keys) }, library.installed),
    calm,
    { auditSamples: 4 },
  );

describe('keys of different slots', () => {
  const cluster = CLUSTERS['a Cluster of ioredis 6']!;
  /** A client of one server, in a process that has one of a cluster for something else. */
  const BESIDE = {
    ...cluster,
    head: `${cluster.head.replace('own', 'sessions')}\nconst own = new Redis();\nsessions.set('seen', '1');`,
  };
  const SINGLE = io('ioredis', 'new Redis()');
  test.each(['in a script', 'in a transaction'] as const)(
    '%s are refused, as by a cluster, and those of one are not',
    async (how) => {
      const apart = await exploringTwo(cluster, how, ['stock', 'orders']);
      expect(apart.alone).toContain('CROSSSLOT');
      expect(properties(apart, 'violated')).not.toEqual([]);
      expect(apart.audit.mismatches).toEqual([]);
      const together = await exploringTwo(cluster, how, ['{shop}:stock', '{shop}:orders']);
      expect(properties(together, 'violated')).toEqual([]);
      expect(together.audit.mismatches).toEqual([]);
      const beside = await exploringTwo(BESIDE, how, ['stock', 'orders']);
      expect(properties(beside, 'violated')).toEqual([]);
      const single = await exploringTwo(SINGLE, how, ['stock', 'orders']);
      expect(properties(single, 'violated')).toEqual([]);
    },
  );

  test('are told by what the server says are keys, and by what stands in braces', async () => {
    expect(slotOf('123456789')).toBe(0x31_c3);
    expect(slotOf('foo')).toBe(12_182);
    expect(slotOf('{user1000}.following')).toBe(slotOf('{user1000}.followers'));
    expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'));
    expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'));
    const memo = await ServerMemo.open(redis.target);
    const crosses = (...commands: string[]): Promise<boolean> =>
      crossesSlots(
        memo,
        commands.map((command) => command.split(' ')),
      );
    expect(await crosses('MGET a b')).toBe(true);
    expect(await crosses('MGET {a}1 {a}2')).toBe(false);
    expect(await crosses('EVAL script 2 a b')).toBe(true);
    expect(await crosses('EVAL script 1 a b')).toBe(false);
    expect(await crosses('GET a', 'PING', 'GET a b c', 'GET b')).toBe(true);
    expect(await crosses('HSET a b c', 'PING')).toBe(false);
    await memo.close();
  });
});
