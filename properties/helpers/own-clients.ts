import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { explore, type Exploration, type ExploreOptions } from '../../harness/explorer/explore.ts';
import { subjectOf } from '../../harness/explorer/process/subject.ts';
import { systemClock, yearAhead } from '../../harness/ground/ambient.ts';
import { loadStrategy } from '../../harness/loader/strategies.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { scopeOf, type GivenScope } from './exploring.ts';
import { folderWith } from './strategy-sources.ts';

const MODULES = resolve(import.meta.dirname, '../../node_modules');

/** Client libraries that a project may have installed, by its name for them and ours. */
export type Installed = Record<
  string,
  | 'bullmq'
  | 'fast-check'
  | 'ioredis'
  | 'ioredis4'
  | 'ioredis5'
  | 'rate-limiter-flexible'
  | 'redis-semaphore'
  | 'redis4'
  | 'redis5'
  | 'reflect-metadata'
  | 'vitest'
>;

/** A folder with these files, in which these packages are installed. */
export function projectWith(files: Record<string, string>, installed: Installed): string {
  const folder = folderWith(files);
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  for (const [name, ours] of Object.entries(installed)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(join(MODULES, ours)), link);
  }
  return folder;
}

/** The same with this package, as it was built: here vitest, and not Node with our hooks, finds what a file imports. */
export function projectWithUs(files: Record<string, string>, installed: Installed = {}): string {
  const folder = projectWith(files, installed);
  symlinkSync(dirname(MODULES), join(folder, 'node_modules/oversell'));
  return folder;
}

/** Explores the strategy in `sell.ts` of such a folder, as `explore ./sell.ts` does. */
export async function exploringProject(
  target: RedisTarget,
  folder: string,
  scope: GivenScope,
  options: Partial<ExploreOptions> = {},
): Promise<Exploration> {
  const path = join(folder, 'sell.ts');
  const subject = await subjectOf(await loadStrategy({ path }, { connections: 'held' }));
  return explore({
    scope: scopeOf(scope),
    subject,
    path,
    target,
    auditSamples: 0,
    now: () => systemClock.monotonicNs() / 1e6,
    epochMs: yearAhead(systemClock),
    ...options,
  });
}

/** How a client is made at module level, what it is called there, and what has to be installed for that. */
export interface Library {
  head: string;
  client: string;
  installed: Installed;
}

const io = (ours: 'ioredis' | 'ioredis4' | 'ioredis5', url = 'redis://127.0.0.1:6379'): Library => ({
  head: `import ${ours === 'ioredis4' ? 'Redis' : '{ Redis }'} from 'ioredis';
const own = new Redis('${url}');`,
  client: 'own',
  installed: { ioredis: ours },
});

const node = (ours: 'redis4' | 'redis5', options = "url: 'redis://127.0.0.1:6379'"): Library => ({
  head: `import { createClient } from 'redis';
const own = createClient({ ${options} });
own.on('error', () => {});
own.connect();`,
  client: 'own',
  installed: { redis: ours },
});

/** The client that a strategy is handed. */
export const GIVEN: Library = { head: '', client: 'redis', installed: {} };

export const LIBRARIES = {
  'ioredis 6': io('ioredis'),
  'ioredis 5': io('ioredis5'),
  'ioredis 4': io('ioredis4'),
  'node-redis 4': node('redis4'),
  'node-redis 5': node('redis5'),
  'ioredis 6 with a login, a database and TLS': io(
    'ioredis',
    'rediss://me:secret@redis.shop.internal:6380/3',
  ),
  'ioredis 5 over a Unix socket': io('ioredis5', '/run/redis/redis.sock'),
  'node-redis 5 in RESP3 with a name, a login and TLS': node(
    'redis5',
    "RESP: 3, name: 'shop', database: 3, url: 'rediss://me:secret@redis.shop.internal:6380'",
  ),
  'node-redis 4 with a name and a login over a Unix socket': node(
    'redis4',
    "name: 'shop', username: 'me', password: 'secret', database: 3, socket: { path: '/run/redis/redis.sock' }",
  ),
} as const satisfies Record<string, Library>;

/** What is asked of Redis for a purchase, and answered to the buyer. */
export type Buying = (client: string) => string;

/** One command that takes and tells. */
export const TAKES: Buying = (client) =>
  `return { kind: (await ${client}.decr('stock')) >= 0 ? 'sold' : 'sold-out' };`;
/** Looks first. */
export const LOOKS_AND_TAKES: Buying = (
  client,
) => `if (Number(await ${client}.get('stock')) < 1) return { kind: 'sold-out' };
      await ${client}.decr('stock');
      return { kind: 'sold' };`;

/** A file that sells by that client alone, whatever it is handed. */
export const sellingBy = (
  { head, client }: Pick<Library, 'head' | 'client'>,
  buying: Buying,
): string => `${head}
export const mine = {
  name: 'mine', summary: 'sells by a client of its own', connection: 'shared',
  open: async (redis, sale) => void (await ${client}.set('stock', String(sale.stock))),
  seller: (redis) => ({
    purchase: async () => {
      ${buying(client)}
    },
    remaining: async () => Math.max(0, Number(await ${client}.get('stock'))),
  }),
};
`;
