import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ExplorationDocument } from '../../harness/documents/exploration.ts';
import type { Property } from '../../strategies/contract.ts';
import { oversell } from '../helpers/command.ts';
import { projectWithUs, type Installed } from '../helpers/own-clients.ts';
import { rotating } from '../helpers/rotating.ts';
import { temporaryFolder } from '../helpers/processes.ts';

/** A service of somebody's, in a right and a wrong version, and the sale in which they differ. */
interface Shape {
  installed: Installed;
  sale: readonly string[];
  /** Besides, for the wrong version alone, which is asked about nothing but what it violates. */
  wrongSale?: readonly string[];
  violates: Property;
  /** The file and a part of the line whose command is one of the violation. */
  line: readonly [file: string, text: string];
}

const TWO = ['--buyers', '2', '--stock', '1'];
const IOREDIS5 = { ioredis: 'ioredis5' } as const;

/** Those that are wrong without any fault come first. */
const SHAPES: Record<string, Shape> = {
  nest: {
    installed: { ...IOREDIS5, 'reflect-metadata': 'reflect-metadata' },
    sale: TWO,
    violates: 'oversell',
    line: ['src/stock.service.ts', '.decr('],
  },
  'module-client': { installed: IOREDIS5, sale: TWO, violates: 'oversell', line: ['shop.ts', '.hincrby('] },
  'watch-pool': {
    installed: { redis: 'redis5' },
    sale: TWO,
    wrongSale: ['--instances', '1'],
    violates: 'oversell',
    line: ['shop.ts', '.multi()'],
  },
  lock: { installed: { ioredis: 'ioredis' }, sale: TWO, violates: 'oversell', line: ['shop.ts', '.decr('] },
  semaphore: {
    installed: { ...IOREDIS5, 'redis-semaphore': 'redis-semaphore' },
    sale: TWO,
    violates: 'oversell',
    line: ['shop.ts', '.decr('],
  },
  coupons: {
    installed: { redis: 'redis4' },
    sale: [...TWO, '--per-user-limit', '1'],
    violates: 'oversell',
    line: ['shop.ts', '.sAdd('],
  },
  table: {
    installed: IOREDIS5,
    sale: ['--buyers', '2', '--users', '1', '--stock', '2', '--per-user-limit', '1'],
    violates: 'stranded',
    line: ['shop.ts', '.decr('],
  },
  bullmq: {
    installed: { ioredis: 'ioredis', bullmq: 'bullmq' },
    sale: TWO,
    violates: 'oversell',
    line: ['shop.ts', 'confirmations.add('],
  },
  lazy: { installed: IOREDIS5, sale: TWO, violates: 'oversell', line: ['shop.ts', '.set('] },
  hold: {
    installed: IOREDIS5,
    sale: ['--buyers', '1', '--stock', '1', '--jobs', '1'],
    violates: 'oversell',
    line: ['shop.ts', '.zrem('],
  },
  queue: {
    installed: IOREDIS5,
    sale: [...TWO, '--faults', 'crash=1'],
    violates: 'stranded',
    line: ['shop.ts', '.eval('],
  },
  cache: {
    installed: IOREDIS5,
    // Who hears an error may have been sold a unit, in either version.
    sale: [...TWO, '--faults', 'lost-reply=1', '--property', 'oversell'],
    violates: 'oversell',
    line: ['cache.ts', '.decr('],
  },
};
const WRONG_IN_CALM = [
  'nest',
  'module-client',
  'watch-pool',
  'lock',
  'semaphore',
  'coupons',
  'table',
  'bullmq',
  'lazy',
];

const SHOPS = join(import.meta.dirname, '../shops');
const MOST_LINES = 20;

/** The shop as it stands, with its adapter beside it, and what it has installed. */
function projectOf(shop: string, version: 'right' | 'wrong'): string {
  const folder = projectWithUs({}, SHAPES[shop]!.installed);
  for (const part of [version, '.']) {
    const from = join(SHOPS, shop, part);
    const isFile = (name: string): boolean => part !== '.' || name.includes('.');
    for (const name of readdirSync(from).filter(isFile))
      cpSync(join(from, name), join(folder, name), { recursive: true });
  }
  return folder;
}

async function explored(folder: string, words: readonly string[]): Promise<ExplorationDocument> {
  const adapter = join(folder, 'adapter.ts');
  const runs = ['--runs', temporaryFolder(), '--seed', '1', '--json'];
  const { stdout, stderr } = await oversell(['explore', adapter, ...words, ...runs]).ended;
  const document = JSON.parse(stdout) as ExplorationDocument & { error?: { message: string } };
  if (document.error) throw new Error(`${document.error.message}\n${stderr}`);
  return document;
}

const violatedBy = ({ properties }: ExplorationDocument): string[] =>
  Object.entries(properties).flatMap(([property, { verdict }]) => (verdict === 'violated' ? [property] : []));

describe('services in shapes that people have, as they are', () => {
  test('are listed here, and each has an adapter of at most 20 lines', () => {
    const folders = readdirSync(SHOPS).filter((name) => !name.includes('.'));
    expect(Object.keys(SHAPES).toSorted()).toEqual(folders.toSorted());
    const lines = folders.map((shop) => [
      shop,
      readFileSync(join(SHOPS, shop, 'adapter.ts'), 'utf8')
        .trimEnd()
        .split('\n').length,
    ]);
    expect(lines.filter(([, count]) => Number(count) > MOST_LINES)).toEqual([]);
  });

  const shops = rotating(Object.keys(SHAPES), 3, 'shops');

  test.each(shops)('%s holds, exhausted', async (shop) => {
    const { sale } = SHAPES[shop]!;
    const found = await explored(projectOf(shop, 'right'), sale);
    expect(violatedBy(found)).toEqual([]);
    expect(found).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    // What was not asked about stands there.
    if (!sale.includes('--property')) expect(found.notes).toEqual([]);
  });

  test.each(shops)('%s is caught in its wrong version, by its own file and line', async (shop) => {
    const { sale, wrongSale = [], violates, line } = SHAPES[shop]!;
    const folder = projectOf(shop, 'wrong');
    const asked = sale.includes('--property') ? [] : ['--property', violates];
    const found = await explored(folder, [...sale, ...wrongSale, ...asked]);
    expect(violatedBy(found)).toContain(violates);
    const { steps } = found.properties[violates].counterexample!;
    const places = steps.flatMap(({ source }) => source ?? []);
    const texts = places.map(({ file, line: at }) => [
      file,
      readFileSync(join(folder, file), 'utf8').split('\n')[at - 1]!,
    ]);
    expect(texts).toContainEqual([line[0], expect.stringContaining(line[1])]);
    // Whatever it sends comes from the shop, and not from the adapter.
    expect(places.map(({ file }) => file)).not.toContain('adapter.ts');
  });

  test('nine are wrong without any fault', () => {
    const calm = Object.entries(SHAPES).filter(
      ([, { sale }]) => !sale.some((word) => /^--(faults|jobs)/.test(word)),
    );
    expect(calm.map(([shop]) => shop)).toEqual(WRONG_IN_CALM);
  });
});

const byAdapter = (buy: string): string => `import { fromModule } from 'oversell';
export const shop = fromModule<typeof import('./shop.ts')>(new URL('./shop.ts', import.meta.url), (shop) => ({
  open: (_, sale) => shop.open(sale.stock), left: () => shop.left(), buy: (_, sale, { userId }) => ${buy},
}));`;

describe('a limiter of a library’s, which asks the server for the time', () => {
  const LIMITED = `import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
const redis = new Redis('redis://stock.internal:6379');
const limiter = new RateLimiterRedis({ storeClient: redis, points: 1, duration: 60 });
export const open = (seats: number) => redis.set('seats', seats);
export const left = () => redis.get('seats');
export const take = async () => (await redis.decr('seats')) >= 0;
export const book = async (user: string) => {
  const may = await limiter.consume(user).then(() => true, () => false);
  return may && take();
};`;
  const limited = (buy: string): string =>
    projectWithUs(
      { 'shop.ts': LIMITED, 'adapter.ts': byAdapter(buy) },
      { ...IOREDIS5, 'rate-limiter-flexible': 'rate-limiter-flexible' },
    );

  test('is refused by the name of its command, and explored as the remedy says', async () => {
    const file = join(limited('shop.book(userId)'), 'adapter.ts');
    const refused = await oversell(['explore', file, ...TWO]).ended;
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/its script calls PTTL, which cannot be explored/);
    expect(refused.stderr).toMatch(/as rate limiters do, let the adapter call what comes behind it/);
    const found = await explored(limited('shop.take()'), TWO);
    expect(found).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
  });
});
