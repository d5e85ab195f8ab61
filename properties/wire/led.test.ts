import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BenchResult } from '../../harness/documents/figures.ts';
import { CLI, start, type Ended } from '../helpers/command.ts';
import { copyWith } from '../helpers/compiled-copy.ts';
import { FEW, withServer } from '../helpers/connecting.ts';
import { ForeignServer } from '../helpers/foreign-server.ts';
import {
  LIBRARIES,
  LOOKS_AND_TAKES,
  projectWith,
  sellingBy,
  TAKES,
  type Buying,
  type Library,
} from '../helpers/own-clients.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';

let foreign: ForeignServer;
beforeAll(async () => {
  foreign = await ForeignServer.start();
});
afterAll(() => foreign[Symbol.asyncDispose]());

const NOTHING = { connections: 0, commands: [] };

async function run(files: string, words: string, { installed, cli = CLI }: Running): Promise<Ended> {
  const folder = await withServer(projectWith({ 'sell.ts': files }, installed));
  return start(process.execPath, [cli, ...words.split(' ')], {}, folder).ended;
}
interface Running {
  installed: Library['installed'];
  cli?: string;
}

const benched = async (library: Library, buying: Buying): Promise<[Ended, BenchResult]> => {
  const ended = await run(sellingBy(library, buying), `bench ./sell.ts ${FEW} --json`, library);
  return [ended, JSON.parse(ended.stdout) as BenchResult];
};

describe('a large sale of code that makes its own clients is sold on the server of the run, and judged', () => {
  const names = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[];
  test.each(rotating(names, 1, 'libraries that are led'))(
    '%s: what takes holds and its commands are counted; what looks and takes oversells',
    async (name) => {
      const [right, { strategies }] = await benched(LIBRARIES[name], TAKES);
      expect(right.exitCode, right.stderr).toBe(0);
      expect(strategies).toMatchObject([{ verdict: 'holds', commandsPerSale: 1 }]);
      // Of each of two instances: the one that it was given, and its own.
      expect(strategies).toMatchObject([{ connections: 4 }]);
      const [wrong, result] = await benched(LIBRARIES[name], LOOKS_AND_TAKES);
      expect(wrong.exitCode, wrong.stderr).toBe(1);
      expect(result.strategies).toMatchObject([{ properties: { oversell: 'violated' } }]);
    },
  );
});

/** It names its keys itself, clears none of them, and configures itself when it is loaded. */
const FORGETFUL = ({ port }: ForeignServer): string => `import { Redis } from 'ioredis';
const own = new Redis('redis://me:secret@127.0.0.1:${port}/3');
own.set('price', '5').catch(() => {});
export const mine = {
  name: 'mine', summary: 'sells by a client of its own', connection: 'shared',
  open: async (redis, sale) => void (await own.set('stock', String(sale.stock))),
  seller: () => ({
    purchase: async ({ requestId, userId, quantity }) => {
      if ((await own.get('price')) === null) return { kind: 'gave-up', attempts: 1 };
      if ((await own.decr('stock')) < 0) return { kind: 'sold-out' };
      await own.hset('orders', requestId, JSON.stringify({ requestId, userId, quantity }));
      return { kind: 'sold' };
    },
    remaining: async () => Math.max(0, Number(await own.get('stock'))),
    recorded: async () => (await own.hvals('orders')).map((line) => JSON.parse(line)),
  }),
};
`;

const INSTALLED = { installed: { ioredis: 'ioredis5' } } as const;

describe('each sale of a session', () => {
  // One that is contended comes before the trial.
  const words = `bench ./sell.ts ${FEW}`;

  sometimes('finds nothing of an earlier one, and what its code sends when it is loaded', async () => {
    const { exitCode, stderr } = await run(FORGETFUL(foreign), words, INSTALLED);
    expect(exitCode, stderr).toBe(0);
    expect(await foreign.seen()).toEqual(NOTHING);
  });

  const spoilt: [how: string, file: string, part: string, instead: string][] = [
    ['the one before is not cleared away', 'load/driver.js', 'await observer.flushall()', '{}'],
    ['threads are kept that have sent something', 'load/pool.js', '&& !done.sentBefore', ''],
  ];
  test.each(rotating(spoilt, 1, 'spoilt sales'))(
    'is accused wrongly where %s',
    async (_, file, part, instead) => {
      const cli = copyWith(file, part, instead);
      const { exitCode } = await run(FORGETFUL(foreign), words, { ...INSTALLED, cli });
      expect(exitCode).toBe(1);
    },
  );
});

/** How often each command was asked for, but for those by which we look. */
const calls = (commandstats: string): string[] =>
  [...commandstats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].flatMap(([, name, count]) =>
    ['info', 'echo'].includes(name!) ? [] : `${name} ${count}`,
  );

describe('a server at the address that stands in the code', () => {
  test.each(rotating([`bench ./sell.ts ${FEW}`, 'evaluate ./sell.ts'], 1, 'owner'))(
    'is as it was after %s: its keys, what it was asked, who connected',
    async (words) => {
      await foreign.owner.mset('stock', '7', 'price', '1');
      const head = `import { Redis } from 'ioredis'; const own = new Redis(${foreign.port}, '127.0.0.1');`;
      const before = await foreign.owner.info('commandstats');
      await foreign.seen();
      const { exitCode, stderr } = await run(sellingBy({ head, client: 'own' }, TAKES), words, INSTALLED);
      // It decrements, and declares nothing.
      expect(exitCode, stderr).toBe(words.startsWith('bench') ? 0 : 1);
      expect(await foreign.seen()).toEqual(NOTHING);
      expect(calls(await foreign.owner.info('commandstats'))).toEqual(calls(before));
      expect(await foreign.owner.dbsize()).toBe(2);
      expect(await foreign.owner.mget('stock', 'price')).toEqual(['7', '1']);
      await foreign.owner.flushall();
      await foreign.seen();
    },
  );

  sometimes('is asked where --allow-connect names it, as it is spelled there', async () => {
    const asking = (host: string): string =>
      FORGETFUL(foreign).replace('own.set(', `new Redis(${foreign.port}, '${host}').incr('seen'); own.set(`);
    const words = `bench ./sell.ts ${FEW} --allow-connect localhost:${foreign.port}`;
    const named = await run(asking('localhost'), words, INSTALLED);
    expect(named.exitCode, named.stderr).toBe(0);
    const { commands } = await foreign.seen();
    expect(new Set(commands.filter((command) => !/^(info|client|hello)/i.test(command)))).toEqual(
      new Set(['incr seen']),
    );
    expect((await run(asking('127.0.0.1'), words, INSTALLED)).exitCode).toBe(0);
    expect(await foreign.seen()).toEqual(NOTHING);
  });
});
