/**
 * What the imports of a user's file mean where Node alone would say otherwise: TypeScript's habits count, and a file
 * that is copied out of `strategies/` finds what it imported there, whatever folder it now lies in. What the user's
 * own folder or package has always comes first.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, parse, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STRATEGIES } from '../ground/places.ts';
import { STRATEGY_EXTENSIONS } from './source.ts';

/** What a built-in may import from beside it; the linter holds it to these. */
const BESIDE_EVERY_STRATEGY: readonly string[] = ['contract', 'errors', 'keys', 'script'];

/** Compiled where we are compiled: one of ours is never loaded twice, as source and as what that was compiled to. */
const OWN_EXTENSION = extname(import.meta.url);

/**
 * The file that an import or `import.meta.resolve` means, absolute, whether or not it exists.
 * @param from the file that asks, absolute
 * @returns undefined where Node's own rule decides: a package, a built-in module
 */
export function fileOfImport(specifier: string, from: string): string | undefined {
  if (/^#lua\/[^/]+\.lua$/.test(specifier)) return luaFile(specifier, from);
  return relativeFile(specifier, from);
}

/** Packages that a file in an empty folder finds all the same: ours, and the client that it is handed. */
export const comesWithUs = (specifier: string): boolean => /^(ioredis|oversell)(\/|$)/.test(specifier);

/** `./x.js` may be `./x.ts`, and so may `./x`. */
function relativeFile(specifier: string, from: string): string | undefined {
  if (!/^(\.{0,2}\/|file:)/.test(specifier)) return undefined;
  const path = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(dirname(from), specifier);
  const stem = path.replace(/\.([cm]?)js$/, '.$1ts');
  const candidates = stem === path ? STRATEGY_EXTENSIONS.map((extension) => path + extension) : [stem];
  const own = [path, ...candidates].find((candidate) => extname(candidate) && existsSync(candidate));
  return own ?? besideEveryStrategy(specifier) ?? path;
}

/**
 * Whether a file is one of those that lie beside every strategy, and ours. None of them keeps anything of a sale from
 * call to call, so that one evaluation serves every process that is explored.
 */
export const isStateless = (file: string): boolean =>
  dirname(file) + sep === strategies && BESIDE_EVERY_STRATEGY.includes(parse(file).name);
const strategies = fileURLToPath(STRATEGIES);

/** `./contract.ts` and its like, as a file that was copied out of `strategies/` says it. */
function besideEveryStrategy(specifier: string): string | undefined {
  const { dir, name, ext } = parse(specifier);
  if (dir !== '.' || !['', '.ts', '.js'].includes(ext) || !BESIDE_EVERY_STRATEGY.includes(name))
    return undefined;
  return fileURLToPath(new URL(name + OWN_EXTENSION, STRATEGIES));
}

/**
 * A built-in's Lua lies beside it and is found by our package's imports. So does a copy's, unless the user's package
 * means another file by that name: otherwise somebody would change the Lua beside the copy and see the original run.
 */
function luaFile(specifier: string, from: string): string {
  const ours = resolved(specifier, fileURLToPath(import.meta.url));
  const byPackage = resolved(specifier, from);
  if (byPackage !== undefined && byPackage !== ours) return byPackage;
  const beside = resolve(dirname(from), basename(specifier));
  return ours === undefined || existsSync(beside) ? beside : ours;
}

/** What Node finds from a file; undefined if nothing is there. */
function resolved(specifier: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(specifier);
  } catch {
    return undefined;
  }
}
