/**
 * Node's module hooks for strategies of users: TypeScript is transformed, imports resolve as `fileOfImport` says, and
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
import { comesWithUs, fileOfImport } from './imports.ts';
import { compile, compileNow, isTypeScript } from './source.ts';

export const resolve: ResolveHook = async (specifier, context, next) => {
  const meant = meantBy(specifier, context.parentURL);
  if (meant !== undefined) return next(meant, context);
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!mayComeWithUs(specifier, context.parentURL)) throw error;
    return next(specifier, { ...context, parentURL: import.meta.url });
  }
};

export const load: LoadHook = async (url, context, next) => {
  if (!isUsers(url)) return next(url, context);
  const file = fileURLToPath(url);
  const compiled = await compile(file, 'esm'); // JavaScript too: its syntax errors then name their line
  if (!compiled || !isTypeScript(file)) return next(url, context);
  return { format: 'module', source: compiled.code, shortCircuit: true };
};

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
    const meant = meantBy(specifier, context.parentURL);
    // Here `require` asks as well, which takes no URL.
    const isRequired = context.conditions?.includes('require') && meant?.startsWith('file:');
    if (meant !== undefined) return next(isRequired ? fileURLToPath(meant) : meant, context);
    try {
      return next(specifier, context);
    } catch (error) {
      if (!mayComeWithUs(specifier, context.parentURL)) throw error;
      return next(specifier, { ...context, parentURL: import.meta.url });
    }
  },
  load(url, context, next) {
    if (!isUsers(url)) return next(url, context);
    const file = fileURLToPath(url);
    const compiled = compileNow(file, 'esm');
    if (!compiled || !isTypeScript(file)) return next(url, context);
    return { format: 'module', source: compiled.code, shortCircuit: true };
  },
};

/** From now on this thread imports so, where its Node can. @returns whether it can */
export function hookThread(): boolean {
  const { registerHooks } = nodeModule as { registerHooks?: (hooks: InThread) => unknown };
  registerHooks?.(inThread);
  return registerHooks !== undefined;
}

/** The file that a user's import means where Node would say otherwise. */
function meantBy(specifier: string, parentURL: string | undefined): string | undefined {
  if (parentURL === undefined || !isUsers(parentURL)) return undefined;
  const file = fileOfImport(specifier, fileURLToPath(parentURL));
  if (file === undefined) return undefined;
  const hasQuery = /.[?#]/.test(specifier);
  return hasQuery ? specifier : pathToFileURL(file).href;
}

const mayComeWithUs = (specifier: string, parentURL: string | undefined): boolean =>
  parentURL !== undefined && isUsers(parentURL) && comesWithUs(specifier);
