import { createRequire, isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction, constants } from 'node:vm';
import { comesWithUs } from '../../loader/imports.ts';
import { kindOf } from '../../loader/module-kind.ts';
import { fileOfPackage, packageOf } from '../../loader/package-exports.ts';
import { codeIn, compileForProcesses, isCompiled, isTypeScript } from '../../loader/source.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { isOfClientLibrary } from '../../ground/client-libraries.ts';
import { evaluatingPackage, outsideWorlds } from './worlds.ts';
import { virtualModule } from './virtual.ts';

/**
 * Packages that a strategy imports. Their state belongs to one process, like that of the strategy's own files; but to
 * evaluate them for each of thousands of processes would take longer than the exploration. So processes share them, as
 * long as every history comes out the same with packages of its own (see `verify`).
 */
export class Packages {
  readonly #compiled = new Map<string, Compiled>();

  /** Loads files for one process that shares no package with another: each is evaluated once, when it is first asked for. */
  ofOneProcess(): (file: string) => unknown {
    const evaluated = new Map<string, { exports: unknown }>();
    const load = (file: string): unknown => {
      const known = evaluated.get(file);
      if (known) return known.exports;
      const compiled = this.#compile(file);
      if (!compiled) return createRequire(file)(file) as unknown;
      const module = { exports: {}, id: file, filename: file, children: [], paths: [], loaded: true };
      evaluated.set(file, module);
      const require = Object.assign(
        (specifier: string): unknown => this.#require(specifier, file, compiled, load),
        { resolve: compiled.require.resolve, cache: {}, main: undefined },
      );
      const args = [module.exports, require, module, file, dirname(file), { url: `file://${file}` }];
      try {
        evaluatingPackage(() => Reflect.apply(compiled.factory, module.exports, args));
      } catch (error) {
        throw error instanceof CannotExplore ? error : cannotEvaluate(file, error);
      }
      return module.exports;
    };
    return load;
  }

  #require(
    specifier: string,
    file: string,
    { require, esm }: Compiled,
    load: (file: string) => unknown,
  ): unknown {
    // What starts processes and threads is refused where it does, and a package may only bring it along.
    if (STARTS_OTHERS.test(specifier)) return require(specifier);
    if (isBuiltin(specifier) || comesWithUs(specifier)) return virtualModule(specifier, require(specifier));
    const target = (esm ? fileOfPackage(specifier, file) : undefined) ?? require.resolve(specifier);
    const value = load(target);
    return esm ? asImported(value, target) : value;
  }

  #compile(file: string): Compiled | undefined {
    // A client library is every process's own already: each makes its clients from it, and it keeps nothing else.
    if (!isCompiled(file) || isOfClientLibrary(file)) return undefined;
    const known = this.#compiled.get(file);
    if (known) return known;
    const esm = isEsm(file);
    const source = codeIn(file);
    const code = esm ? outsideWorlds(() => compileForProcesses(source, file)) : source;
    const factory = compileFunction(code, PARAMETERS, {
      filename: file,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }) as Compiled['factory'];
    const compiled = { factory, esm, require: createRequire(file) };
    this.#compiled.set(file, compiled);
    return compiled;
  }
}

const cannotEvaluate = (file: string, error: unknown): CannotExplore =>
  new CannotExplore(
    `${file} cannot be evaluated for each process by itself, as production does: ` +
      (error instanceof Error ? error.message : String(error)),
    'do without that package in the strategy, or copy what is needed of it beside the file',
  );

interface Compiled {
  factory: (...args: unknown[]) => void;
  esm: boolean;
  require: NodeJS.Require;
}

const STARTS_OTHERS = /^(node:)?(child_process|worker_threads)$/;

const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname', '__meta'];

const isEsm = (file: string): boolean =>
  isTypeScript(file)
    ? kindOf(file) === 'module'
    : file.endsWith('.mjs') || (file.endsWith('.js') && packageOf(file)?.type === 'module');

/**
 * What an ES module gets of a file: of a CommonJS one, its default export is the whole of what it exports, whatever it
 * calls `default` itself.
 */
export function asImported(value: unknown, file: string): unknown {
  const isFlagged = typeof value === 'object' && value !== null && '__esModule' in value;
  return isFlagged && !isEsm(file) ? { ...value, __esModule: true, default: value } : value;
}
