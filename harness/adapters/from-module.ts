import { isAbsolute, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import type { Strategy } from '../../strategies/contract.ts';
import { UsageError } from '../ground/errors.ts';
import { userPositions } from '../ground/places.ts';
import { adapted, strategyOf } from './adapted.ts';
import { marked, type Adapter, type AnyShop } from './adapter.ts';
import type { AdapterOptions, Shop } from './shop.ts';

/**
 * A strategy of a module as it is: each process of an exploration evaluates it for itself, with the clients that it makes, and
 * so does each thread of a load run.
 *
 * @param file the module, as `new URL('./shop.ts', import.meta.url)`, or its absolute path
 * @param build what sells, given what the module exports; called once a process. It may await a start, and keeps nothing
 * outside of itself
 * @throws UsageError if that is no file's URL or path
 * @example
 * export const coupons = fromModule(new URL('./coupons.ts', import.meta.url), (shop: typeof import('./coupons.ts')) => ({
 *   open: (redis, sale) => redis.set(`coupons:${sale.sku}`, sale.stock),
 *   buy: (redis, sale, { userId }) => shop.claim(redis, sale.sku, userId),
 *   left: (redis, sale) => redis.get(`coupons:${sale.sku}`),
 * }));
 */
// eslint-disable-next-line typescript/no-unnecessary-type-parameters -- for fromModule<typeof import('./coupons.ts')>(…)
export function fromModule<Module = never, R = Redis>(
  file: URL | string,
  build: (module: Module) => Shop<R> | Promise<Shop<R>>,
  options: AdapterOptions = {},
): Strategy {
  const path = pathOf(file);
  const named = { name: nameOf(path), summary: `sells by ${parse(path).base}`, ...options };
  const made = build as unknown as (module: never) => AnyShop | Promise<AnyShop>;
  const adapter: Adapter = { kind: 'module', file: path, build: made, options: named };
  const load = async (): Promise<AnyShop> => {
    // Only now: an exploration evaluates the module itself.
    const { importModule } = await import('../loader/file.ts');
    return made((await importModule(path)).exports as never);
  };
  return marked(strategyOf(load, named), adapter);
}

/**
 * A strategy of functions. In a file that is named to `oversell`, or whose URL is given to `explore()`, each process evaluates
 * the file, and what it imports, for itself. Functions that a test hands to `explore()` are there already: they are one process.
 *
 * @throws UsageError if one of the three is missing
 */
export function fromFunction<R = Redis>(shop: Shop<R>, options: AdapterOptions = {}): Strategy {
  const lacks = (['open', 'buy', 'left'] as const).find(
    (name) => typeof (shop as Partial<Shop<R>> | undefined)?.[name] !== 'function',
  );
  if (lacks !== undefined) {
    throw new UsageError(
      'BAD_ADAPTER',
      `fromFunction was given no function ${lacks}`,
      'give { open, buy, left }',
    );
  }
  const file = callerIn(new Error('made').stack ?? '');
  const adapter: Adapter = {
    kind: 'function',
    shop: shop as unknown as AnyShop,
    options,
    ...(file !== undefined && { file }),
  };
  return marked(
    adapted(adapter, () => undefined),
    adapter,
  );
}

/** @throws UsageError */
function pathOf(file: URL | string): string {
  const given = file instanceof URL ? file.href : file;
  if (typeof given === 'string' && given.startsWith('file:')) return fileURLToPath(given);
  if (typeof given === 'string' && isAbsolute(given)) return given;
  throw new UsageError(
    'BAD_ADAPTER',
    `fromModule was given ${String(file)}, and nobody knows from which folder`,
    `give new URL('./${parse(String(file)).base}', import.meta.url)`,
  );
}

/** The user's file in which a stack began. */
function callerIn(stack: string): string | undefined {
  const [found] = userPositions(stack);
  return found && (found[0].startsWith('file:') ? fileURLToPath(found[0]) : found[0]);
}

/** Files are named after it. */
const nameOf = (path: string): string =>
  parse(path)
    .name.replaceAll(/[^\w.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '') || 'shop';
