import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { transform, type Loader } from 'esbuild';
import { CannotExplore } from './errors.ts';
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
}

const LOADERS: Record<string, Loader> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cts': 'ts',
  '.cjs': 'js',
};

/**
 * A strategy's file and what it imports by relative path, compiled once and evaluated afresh as often as there are
 * instances: state at module level belongs to one process, in production and here. Packages are shared; they are
 * taken to hold no state of the sale.
 *
 * The modules become functions instead of ES modules because Node never lets go of an ES module, and an exploration
 * evaluates thousands.
 */
export class Program {
  readonly file: string;
  readonly #modules = new Map<string, Compiled>();

  private constructor(file: string) {
    this.file = file;
  }

  /** @param file absolute path. @throws CannotExplore if a module cannot be compiled */
  static async load(file: string): Promise<Program> {
    const program = new Program(file);
    await program.#compile(file);
    return program;
  }

  /** Evaluates every module anew. @returns what the strategy's file exports */
  evaluate(): Exports {
    const evaluated = new Map<string, { exports: Exports }>();
    const load = (file: string): Exports => {
      const known = evaluated.get(file);
      if (known) return known.exports;
      const compiled = this.#modules.get(file)!;
      const module = { exports: {} as Exports };
      evaluated.set(file, module);
      const require = (specifier: string): unknown => {
        const path = relativePath(specifier, file);
        if (path !== undefined && this.#modules.has(path)) return load(path);
        return virtualModule(specifier, compiled.require(specifier));
      };
      compiled.factory(module.exports, module, require, metaOf(file, compiled.require));
      // Nothing to freeze: the exports object is the module's own, as in CommonJS.
      return module.exports;
    };
    return load(this.file);
  }

  async #compile(file: string): Promise<void> {
    if (this.#modules.has(file)) return;
    const loader = LOADERS[extname(file)];
    if (!loader) return; // JSON and the like: `require` reads it, and it holds no state
    const source = await readFile(file, 'utf8');
    const { code } = await transform(source, {
      loader,
      format: 'cjs',
      target: 'node20',
      define: { 'import.meta': '__meta' },
      supported: { 'dynamic-import': false },
      sourcefile: pathToFileURL(file).href,
      sourcemap: 'inline',
    }).catch((error: Error) => {
      const remedy = /top-level await/i.test(error.message)
        ? 'move what is awaited at top level into open() or seller(): instances are evaluated many times'
        : 'mend the file so that node can load it';
      throw new CannotExplore(`${file} cannot be compiled: ${error.message}`, remedy);
    });
    const wrapped = `(function (exports, module, require, __meta) {${code}\n})`;
    const factory = new Script(wrapped, { filename: file }).runInThisContext() as Factory;
    this.#modules.set(file, { factory, require: createRequire(file) });
    for (const [, specifier] of code.matchAll(/\brequire\("((?:\.|\/|file:)[^"]+)"\)/g)) {
      await this.#compile(relativePath(specifier!, file)!);
    }
  }
}

function relativePath(specifier: string, from: string): string | undefined {
  if (specifier.startsWith('file:')) return fileURLToPath(specifier);
  return /^\.{0,2}\//.test(specifier) ? resolve(dirname(from), specifier) : undefined;
}

function metaOf(file: string, require: NodeJS.Require): object {
  return {
    url: pathToFileURL(file).href,
    filename: file,
    dirname: dirname(file),
    resolve: (specifier: string) =>
      pathToFileURL(relativePath(specifier, file) ?? require.resolve(specifier)).href,
  };
}
