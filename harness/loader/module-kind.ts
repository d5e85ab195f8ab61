/** Of which kind a user's file is where it is in production, and what its imports of CommonJS modules mean there. */
import { extname } from 'node:path';
import { packageOf } from './package-exports.ts';
import { projectOf } from './project.ts';

export type ModuleKind = 'module' | 'commonjs';

const BY_EXTENSION: Record<string, ModuleKind> = {
  '.mts': 'module',
  '.mjs': 'module',
  '.cts': 'commonjs',
  '.cjs': 'commonjs',
};

/** Whether Node by itself takes a file for an ES module, before it looks at what is in it. */
const isNodeModule = (file: string): boolean =>
  BY_EXTENSION[extname(file)] === 'module' ||
  (BY_EXTENSION[extname(file)] === undefined && packageOf(file)?.type === 'module');

const isNodes = (module: string | undefined): boolean => module?.startsWith('node') ?? false;

/** What TypeScript makes of a file; JavaScript is left to Node. */
export function kindOf(file: string): ModuleKind {
  const byExtension = BY_EXTENSION[extname(file)];
  if (byExtension !== undefined) return byExtension;
  const { module } = projectOf(file);
  const type = packageOf(file)?.type;
  if (module === undefined) return type === 'commonjs' ? 'commonjs' : 'module';
  if (isNodes(module)) return type === 'module' ? 'module' : 'commonjs';
  return /^(es|preserve)/.test(module) ? 'module' : 'commonjs';
}

/** Whether a default import of a CommonJS module is the whole of what that exports, whatever it calls `default`. */
export const takesWhole = (file: string): boolean => kindOf(file) === 'module' && isNodeModule(file);

/**
 * Whether the file reaches production through a bundler or the like, so that it may import from a CommonJS module
 * whatever that has when it is evaluated; Node alone knows only what it can see in the text.
 */
export function isBundled(file: string): boolean {
  const { module } = projectOf(file);
  if (isNodes(module) || kindOf(file) !== 'module' || extname(file) === '.mts') return false;
  return module !== undefined || !isNodeModule(file);
}
