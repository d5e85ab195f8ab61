/**
 * Node's module hooks for strategies of users: TypeScript is transformed, imports resolve as `fileOfImport` says, and
 * packages that come with us resolve from a folder that has none. Runs on Node's own thread for hooks.
 */
import type { LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isUsers } from '../ground/places.ts';
import { comesWithUs, fileOfImport } from './imports.ts';
import { compile, isTypeScript } from './source.ts';

export const resolve: ResolveHook = async (specifier, context, next) => {
  const { parentURL } = context;
  if (parentURL === undefined || !isUsers(parentURL)) return next(specifier, context);
  const file = fileOfImport(specifier, fileURLToPath(parentURL));
  if (file !== undefined) {
    const hasQuery = /.[?#]/.test(specifier);
    return next(hasQuery ? specifier : pathToFileURL(file).href, context);
  }
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!comesWithUs(specifier)) throw error;
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
