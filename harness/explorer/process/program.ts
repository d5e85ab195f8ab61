import { existsSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import { comesWithUs, fileOfImport, isStateless } from '../../loader/imports.ts';
import { compile, withoutNodeMode } from '../../loader/source.ts';
import { isOfClientLibrary } from '../../ground/client-libraries.ts';
import { asImported, fileOfPackage, Packages } from './packages.ts';
import { virtualModule } from './virtual.ts';

type Exports = Record<string, unknown>;
type Factory = (
  exports: Exports,
  module: { exports: Exports },
  require: (specifier: string) => unknown,
  meta: object,
) => void;

interface Compiled {
  factory: Factory;
  require: NodeJS.Require;
  /** Node would take it for an ES module that knows no TypeScript: a default import of CommonJS is the whole of it. */
  native: boolean;
  /** What it imports, as it was found the first time: evaluating anew need not ask the disk again. */
  found: Map<string, string | undefined>;
  /** Node's modules and what comes with us, as it got them: they are shared, so that whoever is evaluated later gets the same. */
  packages: Map<string, unknown>;
  /** Its `import.meta`. */
  meta: object;
}

/** Ways in which strict code comes by the global object. */
const NAMES_GLOBALS = /(?<![\w.])(globalThis|global|Function|eval)\b/;
/** What was an ES module, before it became a function: those are strict. In others what is not declared is a global. */
const WAS_ESM = /\b__toCommonJS\(/;

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

  /** @param file absolute path. @throws UsageError if a module cannot be compiled: it names file and line */
  static async load(file: string): Promise<Program> {
    const program = new Program(file);
    await program.#compile(file);
    return program;
  }

  /**
   * Evaluates anew every module that can keep something of a sale.
   * @param ownPackages packages as well, instead of those that all processes share
   * @returns what the strategy's file exports
   */
  evaluate(ownPackages = false): Exports {
    const loadPackage = ownPackages ? this.#own.ofOneProcess() : undefined;
    const evaluated = new Map(this.#shared);
    const load = (file: string): Exports => {
      const known = evaluated.get(file);
      if (known) return known.exports;
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
            : virtualModule(specifier, sharedOf(compiled, path ?? specifier));
        return compiled.native && path !== undefined ? asImported(value, path) : value;
      };
      compiled.factory(module.exports, module, require, { ...compiled.meta });
      if (isStateless(file)) this.#shared.set(file, module);
      // Nothing to freeze: the exports object is the module's own, as in CommonJS.
      return module.exports;
    };
    return load(this.file);
  }

  /** @param load for this process alone; else it shares the package with others */
  #package(specifier: string, file: string, load: ((file: string) => unknown) | undefined): unknown {
    const { require, native, found } = this.#modules.get(file)!;
    if (!found.has(`package ${specifier}`)) found.set(`package ${specifier}`, fileOfPackage(specifier, file));
    const target = found.get(`package ${specifier}`) ?? require.resolve(specifier);
    if (!isOfClientLibrary(target)) this.packages.add(specifier);
    const value = load && !isBuiltin(target) ? load(target) : (require(target) as unknown);
    return native ? asImported(value, target) : value;
  }

  async #compile(file: string): Promise<void> {
    if (this.#modules.has(file)) return;
    const compiled = await compile(file, 'cjs');
    if (!compiled) return; // JSON and the like: `require` reads it, and it holds no state
    // In a function it would be no comment.
    const code = compiled.code.replace(/^#!/, '//');
    const isStrict = WAS_ESM.test(code);
    this.#namesGlobals ||= NAMES_GLOBALS.test(code) || !isStrict;
    const parameters = ['exports', 'module', 'require', '__meta'];
    const factory = compileFunction(
      `${isStrict ? '"use strict";' : ''}${withoutNodeMode(code)}`,
      parameters,
      { filename: file },
    ) as Factory;
    const native = withoutNodeMode(code) !== code;
    this.#modules.set(file, linked(file, { factory, native }));
    for (const [, specifier] of code.matchAll(/\brequire\("((?:\.|\/|file:)[^"]+)"\)/g)) {
      const imported = fileOfImport(specifier!, file);
      // What is not there fails where it is asked for.
      if (imported !== undefined && existsSync(imported)) await this.#compile(imported);
    }
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
  const path = fileOfImport(specifier, from);
  found.set(specifier, path);
  return path;
}

/** A module that imports nothing yet. */
function linked(file: string, made: Pick<Compiled, 'factory' | 'native'>): Compiled {
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
