/**
 * Node's module hooks for strategies of users: TypeScript is compiled, imports resolve as `fileOfImport` says, and
 * packages that come with us resolve from a folder that has none. From Node 22.15 on they run in the thread that imports
 * (`module.registerHooks`); before, on Node's own thread for hooks (`module.register`, which Node 26 warns of).
 */
import * as nodeModule from 'node:module';
import type {
  LoadFnOutput,
  LoadHook,
  LoadHookContext,
  ResolveFnOutput,
  ResolveHook,
  ResolveHookContext,
} from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isUsers } from '../ground/places.ts';
import { withImports } from './as-function.ts';
import { facadeOf, facadeSource } from './facade.ts';
import { comesWithUs, fileOfImport, nowhere, requiredFile } from './imports.ts';
import type { ModuleKind } from './module-kind.ts';
import { compile, isTypeScript, type Compiled } from './source.ts';

export const resolve: ResolveHook = async (specifier, context, next) => {
  const importer = importerOf(context.parentURL);
  if (importer === undefined) return next(specifier, context);
  try {
    return facadeOf(specifier, importer, await next(meantBy(specifier, importer, context), context));
  } catch (error) {
    return next(specifier, contextOnceMore(error, specifier, { ...context, importer }));
  }
};

export const load: LoadHook = async (url, context, next) => loaded(url) ?? next(url, context);

/** The same for the thread that imports. */
interface InThread {
  resolve(
    specifier: string,
    context: ResolveHookContext,
    next: (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput,
  ): ResolveFnOutput;
  load(
    url: string,
    context: LoadHookContext,
    next: (url: string, context?: Partial<LoadHookContext>) => LoadFnOutput,
  ): LoadFnOutput;
}

const inThread: InThread = {
  resolve(specifier, context, next) {
    const importer = importerOf(context.parentURL);
    if (importer === undefined) return next(specifier, context);
    try {
      const found = next(meantBy(specifier, importer, context), context);
      return isRequire(context) ? found : facadeOf(specifier, importer, found);
    } catch (error) {
      return next(specifier, contextOnceMore(error, specifier, { ...context, importer }));
    }
  },
  load: (url, context, next) => loaded(url) ?? next(url, context),
};

/** From now on this thread imports so, where its Node can; where not, it requires so. @returns whether it can */
export function hookThread(): boolean {
  const { registerHooks } = nodeModule as { registerHooks?: (hooks: InThread) => unknown };
  if (registerHooks) registerHooks(inThread);
  else extendRequire();
  return registerHooks !== undefined;
}

/** The user's file that imports. */
const importerOf = (parentURL: string | undefined): string | undefined =>
  parentURL !== undefined && isUsers(parentURL) ? fileURLToPath(parentURL) : undefined;

/** Whether CommonJS asks, by its `require`: in the thread that imports, it is hooked as well. */
const isRequire = ({ conditions }: ResolveHookContext): boolean => conditions.includes('require');

/** The file that a user's import means where Node would say otherwise. */
function meantBy(specifier: string, importer: string, context: ResolveHookContext): string {
  const file = fileOfImport(specifier, importer);
  if (file === undefined) return specifier;
  if (isRequire(context)) return file; // it knows no URLs
  const hasQuery = /.[?#]/.test(specifier);
  return hasQuery ? specifier : pathToFileURL(file).href;
}

/** Where else an import may be found that failed. @throws if it is nowhere else */
function contextOnceMore(
  error: unknown,
  specifier: string,
  { importer, ...context }: ResolveHookContext & { importer: string },
): ResolveHookContext {
  if (comesWithUs(specifier)) return { ...context, parentURL: import.meta.url };
  throw nowhere(specifier, importer) ?? error;
}

function loaded(url: string): LoadFnOutput | undefined {
  const facade = facadeSource(url);
  if (facade !== undefined) return { format: 'module', source: facade, shortCircuit: true };
  if (!isUsers(url)) return undefined;
  const file = fileURLToPath(url);
  const compiled = compile(file, 'esm'); // JavaScript too: its syntax errors then name their line
  if (!compiled || !isTypeScript(file)) return undefined;
  return { ...linked(file, compiled), shortCircuit: true };
}

/** CommonJS is handed a `require` that is only half of one where a hook brings its text. */
const WHOLE_REQUIRE = 'require = require("node:module").createRequire(__filename);';
/** What was an ES module asks for it. */
const META =
  'const __meta = { url: require("node:url").pathToFileURL(__filename).href, filename: __filename, dirname: __dirname };';

function linked(file: string, { format, code }: Compiled): { format: ModuleKind; source: string } {
  if (format === 'module') return { format, source: code };
  const source = withImports(code, (specifier) => requiredFile(specifier, file));
  return {
    format,
    source: source.replace(/^("use strict";)?/, `$1${WHOLE_REQUIRE}${/\b__meta\b/.test(code) ? META : ''}`),
  };
}

/** What CommonJS calls for a file by its extension; Node has no other way before 22.15. */
interface OldRequire {
  _extensions: Record<
    string,
    (module: { _compile: (code: string, file: string) => void }, file: string) => void
  >;
}

function extendRequire(): void {
  const { _extensions: extensions } = nodeModule.Module as unknown as OldRequire;
  for (const extension of ['.ts', '.cts', '.mts']) {
    extensions[extension] = (module, file) => {
      // As CommonJS in any case: an ES module that is required asks no hooks for what it imports.
      const compiled = isUsers(file) ? compile(file, 'cjs') : undefined;
      if (!compiled) return extensions['.js']!(module, file);
      module['_compile'](linked(file, compiled).source, file);
    };
  }
}
