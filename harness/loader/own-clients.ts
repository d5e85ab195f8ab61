/** Which client libraries code of the user's own speaks to Redis by, and in which version. */
import { createRequire, isBuiltin } from 'node:module';
import { adapterOf } from '../adapters/adapter.ts';
import type { OwnClient } from '../documents/own-clients.ts';
import { isClientLibrary, isOfClientLibrary, manifestIn, packageFolder } from '../ground/client-libraries.ts';
import { ownFileOfImport } from './imports.ts';
import { fileOfPackage } from './package-exports.ts';
import { importedBy } from './source.ts';
import type { LoadedStrategy } from './strategies.ts';

/** Of a strategy's file and, if it is an adapter, the module that it is for. */
export function ownClientsOf({
  path,
  strategy,
  lua,
}: Pick<LoadedStrategy, 'path' | 'strategy' | 'lua'>): OwnClient[] {
  if (path === undefined || lua) return [];
  const adapter = adapterOf(strategy);
  return ownClientsIn(adapter?.kind === 'module' ? [path, adapter.file] : [path]);
}

/**
 * Those that these files import, in whatever file of the user's, and those of packages that they import: what is not installed in
 * their project comes with us, and is not told.
 *
 * @param files absolute paths
 */
export function ownClientsIn(files: readonly string[]): OwnClient[] {
  const seen = new Set(files);
  const found = new Map<string, OwnClient>();
  for (const file of seen) {
    for (const specifier of importedBy(file)) {
      const own = ownFileOfImport(specifier, file);
      if (own !== undefined) seen.add(own);
      else
        for (const client of clientsBy(specifier, file))
          found.set(`${client.name} ${client.version}`, client);
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name + a.version < b.name + b.version ? -1 : 1));
}

/** The library that a package is, or those that it depends on. */
function clientsBy(specifier: string, from: string): OwnClient[] {
  const target = isBuiltin(specifier) ? undefined : installed(specifier, from);
  const folder = target === undefined ? undefined : packageFolder(target);
  if (folder === undefined) return [];
  const { name = '', version = '', dependencies, peerDependencies } = manifestIn(folder);
  if (isOfClientLibrary(target!)) return [{ name, version }];
  const others = Object.keys({ ...dependencies, ...peerDependencies }).filter(isClientLibrary);
  return others.flatMap((other) => clientsBy(other, target!));
}

/** The file that an import of a package means; undefined if it is not installed there. */
function installed(specifier: string, from: string): string | undefined {
  try {
    return fileOfPackage(specifier, from) ?? createRequire(from).resolve(specifier);
  } catch {
    return undefined;
  }
}
