import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadStrategy } from '../../harness/loader/strategies.ts';
import { properties, server, type GivenScope } from '../helpers/exploring.ts';
import { OTHERS } from '../helpers/other-servers.ts';
import {
  exploringProject,
  LIBRARIES,
  LOOKS_AND_TAKES,
  projectWith,
  sellingBy,
  TAKES,
  type Buying,
  type Installed,
} from '../helpers/own-clients.ts';

const redis = server();
const calm = { buyers: 2, stock: 1 };
const IOREDIS = { ioredis: 'ioredis' } as const;

const exploring = (
  files: Record<string, string>,
  installed: Installed = IOREDIS,
  scope: GivenScope = calm,
): ReturnType<typeof exploringProject> =>
  exploringProject(redis.target, projectWith(files, installed), scope, { auditSamples: 3 });

const selling = (head: string, buying = TAKES): Record<string, string> => ({
  'sell.ts': sellingBy({ head, client: 'own' }, buying),
});

const shop = (opening: string): Record<string, string> =>
  selling(`${LIBRARIES['ioredis 6'].head}\n${opening}`);

const refused = (head: string, installed: Installed = IOREDIS): Promise<unknown> =>
  exploring(selling(head), installed);

describe('a connection belongs to the process whose code opens it, wherever that is', () => {
  const LAZY = `import { Redis } from 'ioredis';
let made;
const client = () => (made ??= new Redis(6379));`;
  const SERVICE = `import { createClient } from 'redis';
class Shop {
  async onModuleInit() {
    this.redis = createClient();
    this.redis.on('error', () => {});
    await this.redis.connect();
  }
}
const shop = new Shop();
let ready;
const own = {
  set: async (...args) => (await (ready ??= shop.onModuleInit()), shop.redis.set(...args)),
  get: async (...args) => (await (ready ??= shop.onModuleInit()), shop.redis.get(...args)),
  decr: async (...args) => (await (ready ??= shop.onModuleInit()), shop.redis.decr(...args)),
};`;
  const ELSEWHERE = `import { own } from './lib/client';`;
  /** What packages bring along: it is no matter as long as nothing comes of it. */
  const BRINGS = `require('child_process');\nconst fs = require('fs');\nfs.close(fs.openSync(__filename), () => {});\n`;
  const places: [string, string, Record<string, string>, Installed][] = [
    [
      'in a function',
      `${LAZY}\nconst own = { set: (...a) => client().set(...a), get: (k) => client().get(k), decr: (k) => client().decr(k) };`,
      {},
      IOREDIS,
    ],
    ['in a hook of a service', SERVICE, {}, { redis: 'redis5' }],
    [
      'in another file',
      ELSEWHERE,
      { 'lib/client.ts': `import { Redis } from 'ioredis';\nexport const own = new Redis();` },
      { ioredis: 'ioredis5' },
    ],
    [
      'in a package',
      `import { own } from 'db';`,
      {
        'node_modules/db/package.json': JSON.stringify({ name: 'db', version: '1.0.0', main: 'index.js' }),
        'node_modules/db/index.js': `${BRINGS}const { Redis } = require('ioredis');\nexports.own = new Redis();`,
      },
      IOREDIS,
    ],
    [
      'in a package, when it is asked',
      `import { client } from 'db';
const own = { set: (...a) => client().set(...a), get: (k) => client().get(k), decr: (k) => client().decr(k) };`,
      {
        'node_modules/db/package.json': JSON.stringify({ name: 'db', version: '1.0.0', main: 'index.js' }),
        'node_modules/db/index.js': `const { Redis } = require('ioredis');\nlet made;\nexports.client = () => (made ??= new Redis());`,
      },
      IOREDIS,
    ],
  ];
  test.each(places)('%s', async (_, head, files, installed) => {
    for (const [buying, violated] of [
      [TAKES, []],
      [LOOKS_AND_TAKES, ['oversell']],
    ] as const) {
      const found = await exploring({ ...files, ...selling(head, buying) }, installed);
      expect(found.notes).toEqual([]);
      expect(found.coverage).toBe('exhausted');
      expect(properties(found, 'violated')).toEqual(violated);
      expect(found.audit.mismatches).toEqual([]);
    }
  });
});

const ending =
  (make: string, end: string, looks: boolean): Buying =>
  () =>
    `${make}
    const seen = ${looks ? "Number(await client.get('stock'))" : "await client.decr('stock') + 1"};
    ${looks ? "if (seen > 0) await client.decr('stock');" : ''}
    ${end}
    return { kind: seen > 0 ? 'sold' : 'sold-out' };`;

/** Whether a package connects when the file is loaded. */
const connects = async (
  files: Record<string, string>,
  installed: Installed,
): Promise<boolean | undefined> => {
  const path = join(projectWith(files, installed), 'sell.ts');
  return (await loadStrategy({ path }, { connections: 'held' })).packagesConnect;
};

describe('what a package has connected to while the file was looked at is no process’s', () => {
  const PACKAGE = {
    'node_modules/db/package.json': JSON.stringify({ name: 'db', version: '1.0.0', main: 'index.js' }),
    'node_modules/db/index.js': `const { Redis } = require('ioredis');
exports.make = () => new Redis();
exports.other = 1;`,
  };
  const kept = {
    ...PACKAGE,
    'node_modules/db/index.js': `${PACKAGE['node_modules/db/index.js']}\nexports.own = exports.make();`,
  };
  test.each(Object.entries(LIBRARIES))('%s in the file is the file’s', async (_, { head, installed }) => {
    expect(await connects(selling(head), installed)).toBeUndefined();
  });

  test.each([
    ['at import', kept, "import { own } from 'db';"],
    ['when the file asks it', PACKAGE, "import { make } from 'db';\nconst own = make();"],
  ])('ioredis in a package %s is the package’s', async (_, files, head) => {
    expect(await connects({ ...files, ...selling(head) }, IOREDIS)).toBe(true);
  });

  test('ioredis in the file, beside a package that makes none, is the file’s', async () => {
    const head = `import { other } from 'db';\n${LIBRARIES['ioredis 6'].head}\nconst seen = other;`;
    expect(await connects({ ...PACKAGE, ...selling(head) }, IOREDIS)).toBeUndefined();
  });
});

describe('a client that is made for each purchase, and ended with it', () => {
  const IO = "import { Redis } from 'ioredis';\nconst own = new Redis();";
  const NODE = `import { createClient } from 'redis';
const own = createClient();
own.on('error', () => {});
own.connect();`;
  const NODE_OWN = 'const client = createClient(); client.on("error", () => {}); await client.connect();';
  const ways: [string, string, [make: string, end: string], Installed][] = [
    ['by QUIT, ioredis 6', IO, ['const client = new Redis();', 'await client.quit();'], IOREDIS],
    ['by QUIT, node-redis 4', NODE, [NODE_OWN, 'await client.quit();'], { redis: 'redis4' }],
    [
      'by itself, ioredis 5',
      IO,
      ['const client = new Redis();', 'client.disconnect();'],
      { ioredis: 'ioredis5' },
    ],
    ['by itself, node-redis 5', NODE, [NODE_OWN, 'client.destroy();'], { redis: 'redis5' }],
  ];
  test.each(ways)('%s', async (_, head, [make, end], installed) => {
    for (const scope of [calm, { ...calm, buyers: 1, faults: { crash: 1 } }]) {
      const right = selling(head, ending(make, end, false));
      const found = await exploring(right, installed, scope);
      expect(found.notes).toEqual([]);
      expect(found.coverage).toBe('exhausted');
      expect(found.audit.mismatches).toEqual([]);
      const folder = projectWith(right, installed);
      const walked = await exploringProject(redis.target, folder, scope, { merging: false });
      expect(walked.interleavings).toBe(found.interleavings);
      expect(walked.outcomes).toEqual(found.outcomes);
      if (scope !== calm) continue;
      expect(properties(found, 'violated')).toEqual([]);
      const wrong = await exploring(selling(head, ending(make, end, true)), installed, scope);
      expect(properties(wrong, 'violated')).toContain('oversell');
      expect(wrong.audit.mismatches).toEqual([]);
    }
  });

  test('over real sockets with nothing reduced it comes to the same', async () => {
    const [, head, [make, end], installed] = ways[0]!;
    const scope = { ...calm, buyers: 1, faults: { crash: 1 } };
    const folder = projectWith(selling(head, ending(make, end, false)), installed);
    const reduced = await exploringProject(redis.target, folder, scope);
    const real = await exploringProject(redis.target, folder, scope, { unreduced: true });
    expect(real.coverage).toBe('exhausted');
    expect(real.outcomes).toEqual(reduced.outcomes);
  });
});

describe('what does not speak to Redis is refused by address and line, before a byte leaves', () => {
  test.each(Object.entries(OTHERS))('%s', async (_, { opening, address }) => {
    const files = shop(opening);
    const line =
      files['sell.ts']!.split('\n').findIndex((text) => /\.(connect|get)\(|^connect\(|fetch\(/.test(text)) +
      1;
    await expect(exploring(files)).rejects.toThrow(
      `sell.ts:${line}: it opens a connection to ${address}, where it does not speak to Redis: nothing was sent`,
    );
  });

  test('also where the server would speak first, and the code gives up', async () => {
    const opening = `import { connect } from 'node:net';
const hello = () => new Promise((resolve, reject) => {
  const socket = connect({ host: 'db.internal', port: 3306 });
  socket.once('data', resolve);
  setTimeout(() => reject(socket.destroy()), 10000);
});`;
    const files = shop(opening);
    const trying = 'purchase: async () => {\n      await hello().catch(() => {});';
    const waiting = { 'sell.ts': files['sell.ts']!.replace('purchase: async () => {', trying) };
    await expect(exploring(waiting)).rejects.toThrow(
      /sell\.ts:\d+: it opens a connection to db\.internal:3306, where it does not/,
    );
  });

  const WAITS = `import { connect } from 'node:net';
const hello = () => new Promise((resolve) => connect(3306, 'db.internal').once('data', resolve));`;
  test('also where the server would speak first, and the code waits for it', async () => {
    const files = shop(WAITS);
    const waiting = {
      'sell.ts': files['sell.ts']!.replace(
        'purchase: async () => {',
        'purchase: async () => {\n      await hello();',
      ),
    };
    await expect(exploring(waiting)).rejects.toThrow(
      'it opens a connection to db.internal:3306, where it does not',
    );
  });
});

describe('what cannot be explored is refused by name', () => {
  const IO = "import { Redis } from 'ioredis';";

  test.each([
    [
      'two databases',
      `${IO}\nconst own = new Redis('redis://shop/1');\nnew Redis('redis://shop/2').get('stock');`,
      /its clients use databases [12] and [12]/,
    ],
    [
      'a subscription',
      `${IO}\nconst own = new Redis();\nnew Redis().subscribe('sold');`,
      /SUBSCRIBE, which cannot be explored: its messages arrive without a request/,
    ],
    [
      'MONITOR',
      `${IO}\nconst own = new Redis();\nnew Redis().monitor();`,
      /MONITOR, which cannot be explored/,
    ],
    [
      'a replica, of a Sentinel',
      `${IO}\nconst own = new Redis({ sentinels: [{ host: '127.0.0.1', port: 26379 }], name: 'primary', role: 'slave' });`,
      /SENTINEL, which cannot be explored: it asks a Sentinel for more than the primary/,
    ],
    [
      'the links of a cluster',
      `${IO}\nconst own = new Redis();\nnew Redis().cluster('LINKS');`,
      /CLUSTER, which cannot be explored: it asks a cluster for more than which node has which slots/,
    ],
    [
      'client-side caching',
      `${IO}\nconst own = new Redis();\nnew Redis().client('TRACKING', 'ON');`,
      /CLIENT, which cannot be explored/,
    ],
  ])('%s', async (_, head, message) => {
    await expect(refused(head)).rejects.toThrow(message);
  });

  test('a database beside that of the client that it is given', async () => {
    const files = selling(`${IO}\nconst own = new Redis('redis://shop/1');`);
    const given = { 'sell.ts': files['sell.ts']!.replace("own.set('stock'", "redis.set('stock'") };
    await expect(exploring(given)).rejects.toThrow(/its clients use databases 0 and 1/);
    const first = { 'sell.ts': given['sell.ts'].replace('redis://shop/1', 'redis://shop/0') };
    expect((await exploring(first)).coverage).toBe('exhausted');
  });

  test('--client, which sets up no client but the one that it is given', async () => {
    const lost = { ...calm, client: 'no-retry', faults: { 'lost-reply': 1 } } as const;
    const head = `${IO}\nconst own = new Redis();`;
    await expect(exploring(selling(head), IOREDIS, lost)).rejects.toThrow(
      /--client no-retry would do nothing: it sends its commands by a client that it makes itself/,
    );
  });
});
