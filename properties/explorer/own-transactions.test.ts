import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { subjectOf } from '../../harness/explorer/process/subject.ts';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { loadStrategy } from '../../harness/loader/strategies.ts';
import { properties, server, type GivenScope } from '../helpers/exploring.ts';
import {
  exploringProject,
  LIBRARIES,
  projectWith,
  sellingBy,
  type Installed,
} from '../helpers/own-clients.ts';
import { sometimes } from '../helpers/rotating.ts';

const redis = server();

interface Shape {
  head: string;
  purchase: string;
  installed: Installed;
}

const folderOf = ({ head, purchase, installed }: Shape): string =>
  projectWith({ 'sell.ts': sellingBy({ head, client: 'own' }, () => purchase) }, installed);

const exploring = (shape: Shape, scope: GivenScope): ReturnType<typeof exploringProject> =>
  exploringProject(redis.target, folderOf(shape), scope, { auditSamples: 4 });

/** WATCH, look, MULTI, take, EXEC, again at most three times. */
const watching = (connection: string, fails: string): string => `for (let tried = 0; tried < 3; tried++) {
        try {
          const sold = await ${connection}(async (client) => {
            await client.watch('stock');
            if (Number(await client.get('stock')) < 1) {
              await client.unwatch();
              return false;
            }
            await client.multi().decr('stock').exec();
            return true;
          });
          return { kind: sold ? 'sold' : 'sold-out' };
        } catch (error) {
          if (${fails}) throw error;
        }
      }
      return { kind: 'gave-up', attempts: 3 };`;

const BY_NAME = "error.constructor.name !== 'WatchError'";

const ISOLATED: Shape = {
  ...LIBRARIES['node-redis 4'],
  purchase: watching('own.executeIsolated', BY_NAME),
};
const POOLED: Shape = {
  head: `import { createClientPool } from 'redis';
const own = createClientPool({ url: 'redis://127.0.0.1:6379' }, { minimum: 1, maximum: 2 });
own.on('error', () => {});
own.connect();`,
  purchase: watching('own.execute', BY_NAME),
  installed: { redis: 'redis5' },
};
/** Gives its connection back with a watch on it, and a RESET. */
const RESETTING: Shape = {
  ...LIBRARIES['node-redis 5'],
  head: LIBRARIES['node-redis 5'].head.replace(
    "url: 'redis://",
    "RESP: 3, name: 'shop', url: 'redis://me:secret@",
  ),
  purchase: `await own.watch('stock');
      if (Number(await own.get('stock')) > 0) await own.set('seen', '1');
      await own.reset();
      return { kind: (await own.multi().decr('stock').exec())[0] >= 0 ? 'sold' : 'sold-out' };`,
};
/** The same, with the watch still there: who writes meanwhile makes it fail. */
const WATCHING_ON: Shape = { ...RESETTING, purchase: RESETTING.purchase.replace('await own.reset();', '') };
/** One connection for all. */
const SHARED: Shape = {
  ...LIBRARIES['ioredis 5'],
  purchase: `await own.watch('stock');
      if (Number(await own.get('stock')) < 1) return { kind: 'sold-out' };
      const done = await own.multi().decr('stock').exec();
      return done ? { kind: 'sold' } : { kind: 'gave-up', attempts: 1 };`,
};

const RESETS = (): string => `await redis.call('RESET'); return { kind: 'sold-out' };`;

describe('WATCH over clients that the code makes', () => {
  const calm = { buyers: 2, stock: 1 };
  const inOne = { ...calm, instances: 1 };

  test('RESET ends a watch, and the client introduces itself again', async () => {
    const enough = { buyers: 2, stock: 2 };
    const found = await exploring(RESETTING, enough);
    expect(properties(found, 'violated')).toEqual([]);
    expect(found.coverage).toBe('exhausted');
    expect(found.audit.mismatches).toEqual([]);
    expect(properties(await exploring(WATCHING_ON, enough), 'violated')).toContain('progress');
  });

  test('RESET of the client that it is handed is refused', async () => {
    const { head, installed } = LIBRARIES['ioredis 6'];
    const selling = sellingBy({ head, client: 'redis' }, RESETS);
    const files = { 'sell.ts': selling.replace('purchase: async ()', 'purchase: async (_, redis)') };
    await expect(exploringProject(redis.target, projectWith(files, installed), calm)).rejects.toThrow(
      /it sends RESET by the client that it is handed/,
    );
  });

  test.each([
    ['node-redis 4 with a connection for each purchase', ISOLATED, inOne],
    ['node-redis 5 with a pool', POOLED, calm],
    ['ioredis 5 with a connection for each process', SHARED, calm],
  ])('%s sells what there is', async (_, shape, scope) => {
    const found = await exploring(shape, scope);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
    expect(found.audit).toEqual({ replayed: 4, mismatches: [] });
  });

  test('one connection for two purchases watches for both, and sells twice', async () => {
    const found = await exploring(SHARED, inOne);
    expect(properties(found, 'violated')).toContain('oversell');
    expect(found.audit).toEqual({ replayed: 4, mismatches: [] });
  });

  /**
   * The library looks whether its connection is still the one that watches when it is asked for EXEC, but writes later: a
   * transaction that was asked for before the connection broke is sent on the next one, which watches nothing.
   */
  sometimes(
    'node-redis 5 sends a transaction unwatched once its connection broke, node-redis 4 does not',
    async () => {
      const lost = { ...calm, faults: { 'lost-reply': 1 } };
      const isolated = await exploring(ISOLATED, lost);
      expect(isolated.coverage).toBe('exhausted');
      expect(isolated.properties.oversell.verdict).toBe('holds');
      expect(isolated.audit).toEqual({ replayed: 4, mismatches: [] });
      const pooled = await exploring(POOLED, lost);
      expect(pooled.properties.oversell.verdict).toBe('violated');
      expect(pooled.audit).toEqual({ replayed: 4, mismatches: [] });
      const subject = await subjectOf(
        await loadStrategy({ path: join(folderOf(POOLED), 'sell.ts') }, { connections: 'held' }),
      );
      const { result } = await replay(pooled.properties.oversell.counterexample!, subject, redis.target);
      expect(result).toBe('confirmed');
    },
  );
});

describe('scripts by the means of each library', () => {
  const LUA =
    "local left = redis.call('DECR', KEYS[1]) if left >= 0 then return 1 end redis.call('INCR', KEYS[1]) return 0";
  const LOOKS =
    "local left = tonumber(redis.call('GET', KEYS[1])) redis.call('DECR', KEYS[1]) if left >= 0 then return 1 end return 0";
  const purchase = "return { kind: (await own.take('stock')) === 1 ? 'sold' : 'sold-out' };";
  const shapes: [string, (lua: string) => Shape][] = [
    [
      'ioredis 5, defineCommand',
      (lua) => ({
        ...LIBRARIES['ioredis 5'],
        head: `${LIBRARIES['ioredis 5'].head}\nown.defineCommand('take', { numberOfKeys: 1, lua: ${JSON.stringify(lua)} });`,
        purchase,
      }),
    ],
    [
      'node-redis 5, defineScript',
      (lua) => ({
        head: `import { createClient, defineScript } from 'redis';
const take = defineScript({ SCRIPT: ${JSON.stringify(lua)}, NUMBER_OF_KEYS: 1,
  parseCommand: (parser, key) => parser.pushKey(key), transformReply: (reply) => reply });
const own = createClient({ scripts: { take } });
own.on('error', () => {});
own.connect();`,
        purchase,
        installed: { redis: 'redis5' },
      }),
    ],
  ];
  test.each(shapes)('%s', async (_, shape) => {
    for (const [lua, violated] of [
      [LUA, []],
      [LOOKS, ['oversell']],
    ] as const) {
      const found = await exploring(shape(lua), { buyers: 2, stock: 1 });
      expect(found.coverage).toBe('exhausted');
      expect(properties(found, 'violated')).toEqual(violated);
      expect(found.audit.mismatches).toEqual([]);
    }
  });
});
