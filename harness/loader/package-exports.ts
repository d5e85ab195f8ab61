/** Which file of a package an import means, and of what kind the files of a package are. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';

interface Manifest {
  type?: string;
  exports?: Target;
}
type Target = string | null | Target[] | { [condition: string]: Target };

/** By folder. A file is evaluated for each process of each history; Node, too, reads a package's manifest once. */
const packages = new Map<string, Manifest | undefined>();

/** The package that a file belongs to. */
export const packageOf = (file: string): Manifest | undefined => packageAt(dirname(file));

function packageAt(folder: string): Manifest | undefined {
  if (packages.has(folder)) return packages.get(folder);
  const manifest = join(folder, 'package.json');
  const above = dirname(folder);
  const found = existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, 'utf8')) as Manifest)
    : folder === above
      ? undefined
      : packageAt(above);
  packages.set(folder, found);
  return found;
}

/**
 * The file that Node loads for an import of a package: by the conditions of `import`, where `require` would choose
 * another one of a package that ships both kinds.
 * @returns undefined where Node's own `require` decides, or fails
 */
export function fileOfPackage(specifier: string, from: string): string | undefined {
  const [, name, subpath = ''] = /^((?:@[^/]+\/)?[^/.#][^/]*)(\/.*)?$/.exec(specifier) ?? [];
  const require = createRequire(from);
  if (name === undefined || isBuiltin(specifier)) return undefined;
  for (const folder of require.resolve.paths(specifier) ?? []) {
    const manifest = join(folder, name, 'package.json');
    if (!existsSync(manifest)) continue;
    const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
    const target = exports && targetOf(exports, `.${subpath}`);
    // As Node does: what is linked into node_modules is known by where it lies.
    return target ? realpathSync(join(folder, name, target)) : undefined;
  }
  return undefined;
}

const CONDITIONS = new Set(['node', 'import', 'module-sync', 'node-addons', 'default']);

/** Source: https://nodejs.org/api/esm.html#resolution-algorithm-specification, PACKAGE_EXPORTS_RESOLVE. */
function targetOf(exports: Target, subpath: string): string | undefined {
  const isMap = typeof exports === 'object' && exports !== null && !Array.isArray(exports);
  if (!isMap || !Object.keys(exports).some((key) => key.startsWith('.')))
    return subpath === '.' ? chosen(exports, '') : undefined;
  if (exports[subpath] !== undefined && !subpath.includes('*')) return chosen(exports[subpath], '');
  const patterns = Object.keys(exports).toSorted((a, b) => b.indexOf('*') - a.indexOf('*'));
  for (const pattern of patterns) {
    const [start, end] = pattern.split('*');
    if (start === undefined || end === undefined || !subpath.startsWith(start) || !subpath.endsWith(end))
      continue;
    return chosen(exports[pattern]!, subpath.slice(start.length, subpath.length - end.length));
  }
  return undefined;
}

function chosen(target: Target, star: string): string | undefined {
  if (target === null) return undefined;
  if (typeof target === 'string') return target.replaceAll('*', star);
  const targets = Array.isArray(target)
    ? target
    : Object.entries(target).flatMap(([condition, value]) => (CONDITIONS.has(condition) ? [value] : []));
  for (const one of targets) {
    const found = chosen(one, star);
    if (found !== undefined) return found;
  }
  return undefined;
}
