import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './processes.ts';

export const SERVICES = fileURLToPath(new URL('../services/', import.meta.url));
/** The service file of our own storefront. */
export const STOREFRONT = fileURLToPath(new URL('../../harness/storefront/service.json', import.meta.url));

export type Described = Record<string, unknown>;
export const described = (file: string): Described => JSON.parse(readFileSync(file, 'utf8')) as Described;
export const shop = described(join(SERVICES, 'shop.json'));

/** Writes a service file. @returns its path, which is gone when the test ends */
export function written(service: Described): string {
  const file = join(temporaryFolder(), 'service.json');
  writeFileSync(file, JSON.stringify(service));
  return file;
}

/** The sample shop, with what this changes of it. @returns the path of its file */
export const shopWith = ({ env = {}, ...changes }: Described & { env?: object } = {}): string =>
  written({ ...shop, cwd: SERVICES, ...changes, env: { ...(shop['env'] as object), ...env } });
