/**
 * What the TypeScript project of a user's file says of it: the nearest `tsconfig.json`, and what that extends. Of its
 * options only those count that change what the code does; JSX and all that checks types are left out.
 */
import { dirname, join } from 'node:path';
import {
  createFilesMatcher,
  createPathsMatcher,
  getTsconfig,
  parseTsconfig,
  type TsConfigResult,
} from 'get-tsconfig';
import { UsageError } from '../ground/errors.ts';
import { isUsers } from '../ground/places.ts';

export interface Project {
  /** Of its `tsconfig.json`; absent: there is none. */
  path?: string;
  /** The oldest JavaScript that it must run in, in lower case: `es2017`. */
  target?: string;
  /** In lower case: `commonjs`, `nodenext`, `esnext`, … */
  module?: string;
  /** TypeScript's own decorators, with those of parameters, instead of the standard ones. */
  legacyDecorators: boolean;
  /** `design:paramtypes` and the like beside them. */
  decoratorMetadata: boolean;
  strictNullChecks: boolean;
  /** Class fields as the standard has them, instead of assignments in the constructor. */
  standardFields: boolean;
  /** Only what says `type` is left out of imports. */
  keepsImports: boolean;
  /** A namespace import of a CommonJS module may be called, as before TypeScript knew better. */
  callableNamespaces: boolean;
  /** Where its `paths` and `baseUrl` lead an import: absolute paths, the first that exists counts. */
  candidates(specifier: string): string[];
  /** Whether one of its `paths` names the import, and not just everything. */
  names(specifier: string): boolean;
}

const NO_PROJECT: Project = {
  legacyDecorators: false,
  decoratorMetadata: false,
  strictNullChecks: true,
  standardFields: true,
  keepsImports: false,
  callableNamespaces: false,
  candidates: () => [],
  names: () => false,
};

const projects = new Map<string, Project>();
const parsed = new Map<string, string>();

/** @param file absolute path. @throws UsageError BAD_TSCONFIG, which names the file that cannot be read */
export function projectOf(file: string): Project {
  if (!isUsers(file)) return NO_PROJECT;
  const known = projects.get(file);
  if (known) return known;
  const project = read(file);
  projects.set(file, project);
  return project;
}

function read(file: string): Project {
  try {
    const found = getTsconfig(file, 'tsconfig.json', parsed);
    return found ? fromConfig(ofFile(found, file)) : NO_PROJECT;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      'BAD_TSCONFIG',
      `${dirname(file)}: the tsconfig.json that counts for this folder cannot be read: ${said}`,
      'correct it, or what it extends',
      { cause: error },
    );
  }
}

/** A solution has no files of its own, and says in which of its projects they are. */
function ofFile(solution: TsConfigResult, file: string): TsConfigResult {
  for (const { path } of solution.config.references ?? []) {
    const base = join(dirname(solution.path), path);
    const named = base.endsWith('.json') ? base : join(base, 'tsconfig.json');
    const project = { path: named, config: parseTsconfig(named, parsed) };
    if (createFilesMatcher(project)(file)) return project;
  }
  return solution;
}

function fromConfig(tsconfig: TsConfigResult): Project {
  const { path, config } = tsconfig;
  const { compilerOptions: options = {} } = config;
  const target = options.target?.toLowerCase();
  const module = options.module?.toLowerCase();
  const matcher = createPathsMatcher(tsconfig);
  const patterns = Object.keys(options.paths ?? {}).filter((pattern) => pattern !== '*');
  return {
    path,
    ...(target === undefined ? {} : { target }),
    ...(module === undefined ? {} : { module }),
    legacyDecorators: options.experimentalDecorators === true,
    decoratorMetadata: options.emitDecoratorMetadata === true,
    strictNullChecks: options.strictNullChecks ?? options.strict ?? false,
    standardFields: options.useDefineForClassFields ?? !isBefore2022(target),
    keepsImports: options.verbatimModuleSyntax === true || options.preserveValueImports === true,
    callableNamespaces:
      options.esModuleInterop === false || (module === 'commonjs' && !options.esModuleInterop),
    candidates: (specifier) => matcher?.(specifier) ?? [],
    names: (specifier) => patterns.some((pattern) => matches(pattern, specifier)),
  };
}

/** Before that year, TypeScript makes assignments of class fields. */
const isBefore2022 = (target: string | undefined): boolean =>
  target !== undefined && /^es(3|5|6|20(1\d|2[01]))$/.test(target);

function matches(pattern: string, specifier: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return specifier === pattern;
  return specifier.startsWith(start) && specifier.endsWith(end);
}
