import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import { compiledName } from '../../ground/places.ts';
import { importsOf } from '../../loader/as-function.ts';
import { comesWithUs, isStateless, ownFileOfImport } from '../../loader/imports.ts';
import { kindOf, takesWhole } from '../../loader/module-kind.ts';
import { fileOfPackage } from '../../loader/package-exports.ts';
import { codeIn, compile } from '../../loader/source.ts';
import { asImported, Packages } from './packages.ts';
import { isOfClientLibrary } from '../../ground/client-libraries.ts';
import { virtualModule } from './virtual.ts';

type Exports = Record<string, unknown>;
type Factory = (...args: unknown[]) => void;

interface Compiled {
  factory: Factory;
  require: NodeJS.Require;
  /** It was an ES module, which knows no `this`. */
  wasModule: boolean;
  /** Node would take it for an ES module that knows no TypeScript: a default import of CommonJS is the whole of it. */
  native: boolean;
  /** Its packages are those that `import` finds, and not `require`. */
  imports: boolean;
  /** What it imports, as it was found the first time: evaluating anew need not ask the disk again. */
  found: Map<string, string | undefined>;
  /** Node's modules and what comes with us, as it got them: they are shared, so that whoever is evaluated later gets the same. */
  packages: Map<string, unknown>;
  /** Its `import.meta`. */
  meta: { filename: string; dirname: string };
}

/** Ways in which strict code comes by the global object. */
const NAMES_GLOBALS = /(?<![\w.])(globalThis|global|Function|eval)\b/;
/** For packages that come with us, when the strategy's folder has none. */
const ownRequire = createRequire(import.meta.url);

/**
 * A strategy's file and what it imports by relative path, compiled once and evaluated afresh as often as there are
 * instances: state at module level belongs to one process, in production and here. What of ours lies beside every
 * strategy is shared, as it keeps no state of the sale; packages are, unless each process is to have its own: see
 * `Packages`.
 *
 * The modules become functions instead of ES modules because Node never lets go of an ES module, and an exploration
 * evaluates thousands.
 */
export class Program {
  readonly file: string;
  /** Names of the packages that it imported so far, client libraries and ours apart. */
  readonly packages = new Set<string>();
  readonly #modules = new Map<string, Compiled>();
  #namesGlobals = false;
  /** Modules that every process may share, evaluated. */
  readonly #shared = new Map<string, { exports: Exports }>();
  readonly #own = new Packages();

  private constructor(file: string) {
    this.file = file;
  }

  /** Whether its code may make properties of globalThis: strict code by its name alone, and any package. */
  get touchesGlobals(): boolean {
    return this.#namesGlobals || this.packages.size > 0;
  }

  /**
   * @param file absolute path
   * @param others files that it loads without importing them
   * @throws UsageError if a module cannot be compiled: it names file and line
   */
  static load(file: string, others: readonly string[] = []): Program {
    codeIn(file); // somebody may have removed it since it was imported
    const program = new Program(file);
    for (const each of [file, ...others]) program.#compile(each);
    return program;
  }

  /**
   * Evaluates anew every module that can keep something of a sale.
   * @param ownPackages packages as well, instead of those that all processes share
   * @returns what the strategy's file exports
   */
  evaluate(ownPackages = false): Exports {
    return this.start(ownPackages)(this.file);
  }

  /**
   * The modules of one process that starts: each is evaluated once in it, when it is first asked for.
   * @returns what a file of the user's exports there
   */
  start(ownPackages = false): (file: string) => Exports {
    const loadPackage = ownPackages ? this.#own.ofOneProcess() : undefined;
    const evaluated = new Map(this.#shared);
    const data = new Map<string, unknown>();
    const dataOf = (file: string): unknown => {
      if (!data.has(file)) data.set(file, JSON.parse(readFileSync(file, 'utf8')));
      return data.get(file);
    };
    const load = (file: string): Exports => {
      const known = evaluated.get(file);
      if (known) return known.exports;
      this.#compile(file);
      const compiled = this.#modules.get(file)!;
      const module = { exports: {} as Exports };
      evaluated.set(file, module);
      const require = (specifier: string): unknown => {
        const path = fileOf(compiled, specifier, file);
        const own = path !== undefined && this.#modules.has(path);
        const value = own
          ? load(path)
          : isPackage(specifier, path)
            ? this.#package(specifier, file, loadPackage)
            : path !== undefined && extname(path) === '.json'
              ? dataOf(path)
              : virtualModule(specifier, sharedOf(compiled, path ?? specifier));
        return compiled.native && path !== undefined ? asImported(value, path) : value;
      };
      const resolving = Object.assign(require, { resolve: compiled.require.resolve, cache: {} });
      const { meta, wasModule } = compiled;
      const args = [module.exports, module, resolving, { ...meta }, meta.filename, meta.dirname];
      Reflect.apply(compiled.factory, wasModule ? undefined : module.exports, args);
      if (isStateless(file)) this.#shared.set(file, module);
      // Nothing to freeze: the exports object is the module's own, as in CommonJS.
      return module.exports;
    };
    return load;
  }

  /** @param load for this process alone; else it shares the package with others */
  #package(specifier: string, file: string, load: ((file: string) => unknown) | undefined): unknown {
    const { require, native, imports, found } = this.#modules.get(file)!;
    const key = `package ${specifier}`;
    if (!found.has(key)) found.set(key, imports ? fileOfPackage(specifier, file) : undefined);
    const target = found.get(key) ?? required(specifier, file, require);
    if (!isOfClientLibrary(target)) this.packages.add(specifier);
    const value = load && !isBuiltin(target) ? load(target) : (require(target) as unknown);
    return native ? asImported(value, target) : value;
  }

  #compile(file: string): void {
    if (this.#modules.has(file) || !existsSync(file)) return;
    const compiled = compile(file, 'cjs');
    if (!compiled) return; // JSON and the like
    const { code, wasModule } = compiled;
    const isModule = kindOf(file) === 'module';
    this.#namesGlobals ||= NAMES_GLOBALS.test(code) || !wasModule;
    const factory = compileFunction(code, PARAMETERS, { filename: compiledName(file) }) as Factory;
    const made = linked(file, {
      factory,
      wasModule,
      native: takesWhole(file),
      imports: isModule && wasModule,
    });
    this.#modules.set(file, made);
    for (const specifier of importsOf(code)) {
      const own = fileOf(made, specifier, file);
      if (own !== undefined) this.#compile(own);
    }
  }
}

/** Of a module that became a function. */
const PARAMETERS = ['exports', 'module', 'require', '__meta', '__filename', '__dirname'];

/** What `require` finds; or, as a package may have none for it and be imported later on, `import`. */
function required(specifier: string, from: string, require: NodeJS.Require): string {
  try {
    return require.resolve(specifier);
  } catch (error) {
    const imported = fileOfPackage(specifier, from);
    if (imported === undefined) throw error;
    return imported;
  }
}

const isPackage = (specifier: string, path: string | undefined): boolean =>
  path === undefined && !isBuiltin(specifier) && !comesWithUs(specifier);

function sharedOf({ packages, require }: Compiled, specifier: string): unknown {
  const known = packages.get(specifier);
  if (known !== undefined) return known;
  const ours = pathOf(require, specifier) === undefined && comesWithUs(specifier);
  const found: unknown = ours ? ownRequire(specifier) : require(specifier);
  packages.set(specifier, found);
  return found;
}

function pathOf(require: NodeJS.Require, specifier: string): string | undefined {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
}

function fileOf({ found }: Pick<Compiled, 'found'>, specifier: string, from: string): string | undefined {
  const known = found.get(specifier);
  if (known !== undefined || found.has(specifier)) return known;
  const path = ownFileOfImport(specifier, from);
  found.set(specifier, path);
  return path;
}

/** A module that imports nothing yet. */
function linked(
  file: string,
  made: Pick<Compiled, 'factory' | 'wasModule' | 'native' | 'imports'>,
): Compiled {
  const compiled: Omit<Compiled, 'meta'> = {
    ...made,
    require: createRequire(file),
    found: new Map(),
    packages: new Map(),
  };
  const meta = {
    url: pathToFileURL(file).href,
    filename: file,
    dirname: dirname(file),
    resolve: (specifier: string) =>
      pathToFileURL(fileOf(compiled, specifier, file) ?? compiled.require.resolve(specifier)).href,
  };
  return { ...compiled, meta };
}
