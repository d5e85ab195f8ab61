/** One file as plain JavaScript: types erased, and what Node does not know made of what it does. */
import {
  transformSync,
  type Severity,
  type SourceMap,
  type TransformOptions,
  type TransformResult,
} from 'oxc-transform';
import { DecoratorFault, withoutDecorators } from './decorators.ts';
import { lineOf, type Maps } from './source-maps.ts';
import { projectOf, type Project } from './project.ts';
import { syntaxError, syntaxFault } from './syntax-error.ts';

export interface Plain {
  code: string;
  /** Of each step to it, the first one first. */
  maps: Maps;
}

/** The oldest Node that we run on. */
const NODE = 'node20.19';
/** The first year of which that Node does not know all. */
const FIRST_UNKNOWN = 2024;
/** The last year that has no class fields: they become assignments where classes are made older ones. */
const BEFORE_FIELDS = 2021;

/**
 * @param lang what may be in it
 * @throws UsageError SYNTAX_ERROR, which names file, line and column
 */
export function plainJavaScript(file: string, source: string, lang: 'ts' | 'js'): Plain {
  const project = projectOf(file);
  const options = optionsOf(project, lang);
  const made = parsed(file, source, options);
  // The compiler has only TypeScript's own decorators. Where they count for nothing, it says whether there are any.
  const isDecorated = Object.keys(made.helpersUsed).some((helper) => helper.startsWith('decorate'));
  if (project.legacyDecorators || !isDecorated) return { code: made.code, maps: [made.map!] };
  const typeless = parsed(file, source, { lang, sourcemap: true, typescript: options.typescript! });
  const undecorated = decorated(file, typeless, project);
  const lowered = parsed(file, undecorated.code, { ...options, lang: 'js' });
  return { code: lowered.code, maps: [typeless.map!, undecorated.map, lowered.map!] };
}

/** What is no module may end early, and use words that modules reserve. */
function parsed(file: string, source: string, options: TransformOptions): TransformResult {
  // Named without its extension, which would decide about its kind.
  const asKind = (sourceType: 'module' | 'commonjs'): TransformResult =>
    transformSync('source', source, { ...options, sourceType });
  const asModule = asKind('module');
  if (!isWrong(asModule)) return asModule;
  const asCommonJs = /\.m[jt]s$/.test(file) ? asModule : asKind('commonjs');
  if (!isWrong(asCommonJs)) return asCommonJs;
  throw syntaxError(file, source, asModule.errors);
}

const isWrong = ({ errors }: TransformResult): boolean =>
  errors.some(({ severity }) => severity === ('Error' as Severity));

function optionsOf(project: Project, lang: 'ts' | 'js'): TransformOptions {
  const { target, decoratorMetadata, strictNullChecks, standardFields, keepsImports } = project;
  const year = Math.min(yearOf(target), standardFields ? Infinity : BEFORE_FIELDS);
  const decorator = { legacy: true, emitDecoratorMetadata: decoratorMetadata, strictNullChecks };
  if (lang === 'js') return { lang, sourcemap: true, target: NODE, decorator };
  return {
    lang,
    sourcemap: true,
    target: year < FIRST_UNKNOWN ? [NODE, `es${year}`] : NODE,
    assumptions: standardFields ? {} : { setPublicClassFields: true },
    typescript: { onlyRemoveTypeImports: keepsImports, removeClassFieldsWithoutInitializer: !standardFields },
    decorator,
  };
}

/** The year of an edition of JavaScript; the compiler goes back to 2015. */
function yearOf(target = 'esnext'): number {
  const [, edition] = /^es(\d+)$/.exec(target) ?? [];
  if (edition === undefined) return Infinity;
  return Number(edition) > 2015 ? Number(edition) : 2015;
}

function decorated(
  file: string,
  { code, map }: TransformResult,
  project: Project,
): { code: string; map: SourceMap } {
  try {
    return withoutDecorators(file, code);
  } catch (error) {
    if (!(error instanceof DecoratorFault)) throw error;
    const { line, column, message } = error;
    const at = line === undefined ? undefined : lineOf([map!], line, column!);
    throw syntaxFault(file, /parameter/i.test(message) ? ofParameter(project) : message, at);
  }
}

const ofParameter = ({ path }: Project): string =>
  'a parameter has a decorator, which only TypeScript’s own decorators can be: ' +
  (path === undefined ? 'there is no tsconfig.json with' : `${path} does not set`) +
  ' experimentalDecorators';
