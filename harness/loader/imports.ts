/**
 * What the imports of a user's file mean where Node alone would say otherwise: TypeScript's habits count, and a file
 * that is copied out of `strategies/` finds what it imported there, whatever folder it now lies in. What the user's
 * own folder or package has always comes first.
 */
import { existsSync, statSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, extname, join, parse, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../ground/errors.ts';
import { isUsers, placeOf, STRATEGIES } from '../ground/places.ts';
import { lineOfImport } from './lines.ts';
import { fileOfPackage } from './package-exports.ts';
import { projectOf } from './project.ts';
import { isTypeScript, STRATEGY_EXTENSIONS } from './source.ts';

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
  return relativeFile(specifier, from) ?? aliasedFile(specifier, from);
}

/**
 * The same where it is code of the user's own, in whatever way it is imported: a package of the same workspace, too, is
 * a folder of theirs that is linked into `node_modules`.
 */
export function ownFileOfImport(specifier: string, from: string): string | undefined {
  const file = fileOfImport(specifier, from);
  if (file !== undefined || isBuiltin(specifier) || comesWithUs(specifier)) return file;
  const target = fileOfPackage(specifier, from) ?? resolved(specifier, from);
  return target !== undefined && isUsers(target) ? target : undefined;
}

/** Packages that a file in an empty folder finds all the same: ours, the client that it is handed, and what compiled code calls. */
export const comesWithUs = (specifier: string): boolean =>
  /^(ioredis|oversell|@oxc-project\/runtime)(\/|$)/.test(specifier);

/**
 * The file or package that a CommonJS module of the user's requires, as a path that Node finds whatever it is told: its
 * `require` asks no hooks where it looks for a file before 22.15. @throws UsageError if `paths` lead it nowhere
 */
export function requiredFile(specifier: string, from: string): string | undefined {
  const file = fileOfImport(specifier, from);
  if (file !== undefined || isBuiltin(specifier) || resolved(specifier, from) !== undefined) return file;
  if (comesWithUs(specifier)) return resolved(specifier, fileURLToPath(import.meta.url));
  const lost = nowhere(specifier, from);
  if (lost) throw lost;
  return undefined;
}

/** What `paths` and `baseUrl` of the file's project lead to, if it is there. */
function aliasedFile(specifier: string, from: string): string | undefined {
  if (!isTypeScript(from) || isBuiltin(specifier) || /^(file|data):/.test(specifier)) return undefined;
  return projectOf(from)
    .candidates(specifier)
    .map(fileAt)
    .find((file) => file !== undefined);
}

/** An import that `paths` name and lead nowhere: Node would tell of a package. */
export function nowhere(specifier: string, from: string): UsageError | undefined {
  const project = projectOf(from);
  if (!isTypeScript(from) || !project.names(specifier)) return undefined;
  const led = project.candidates(specifier).join(', ');
  return new UsageError(
    'MODULE_NOT_FOUND',
    `${placeOf(from, lineOfImport(from, specifier))}: it imports "${specifier}", and paths in ${project.path} lead to no file: ${led}`,
    'correct the import, or paths in that tsconfig.json',
  );
}

/** `./x.js` may be `./x.ts`, and so may `./x`; and that may be a folder with an index. */
function relativeFile(specifier: string, from: string): string | undefined {
  if (!/^(\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)) return undefined;
  const path = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(dirname(from), specifier);
  return fileAt(path) ?? besideEveryStrategy(specifier) ?? path;
}

/** The file that a path means, whatever it leaves out. */
function fileAt(path: string): string | undefined {
  if (extname(path) && isFile(path)) return path;
  const stem = path.replace(/\.([cm]?)js$/, '.$1ts');
  if (stem !== path) return isFile(stem) ? stem : undefined;
  return (
    STRATEGY_EXTENSIONS.map((extension) => path + extension).find(isFile) ??
    (existsSync(join(path, 'package.json')) ? resolved(path, path) : undefined) ??
    STRATEGY_EXTENSIONS.map((extension) => join(path, `index${extension}`)).find(isFile)
  );
}
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

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
