import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whyUnreadable } from '../documents/read-json.ts';
import { UsageError } from '../ground/errors.ts';
import { isUsers, placeOf, userPositions } from '../ground/places.ts';
import { asFunction, importsOf, namesUsed, topLevelAwait, type FunctionBody } from './as-function.ts';
import { plainJavaScript, type Plain } from './compiler.ts';
import { kindOf, takesWhole, type ModuleKind } from './module-kind.ts';
import { projectOf } from './project.ts';
import { asText, lineOf, originalLine } from './source-maps.ts';

const LANGUAGES: Record<string, 'ts' | 'js'> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
};

/** What a strategy's own file may be, and what an import without an extension may mean. */
export const STRATEGY_EXTENSIONS: readonly string[] = Object.keys(LANGUAGES);

/**
 * For whom a file is compiled: `esm` is Node's own loader, which takes ES modules and CommonJS; `cjs` are modules that
 * are evaluated many times, as CommonJS: see the explorer's Program.
 */
export type Format = 'esm' | 'cjs';

export interface Compiled {
  code: string;
  map: string;
  /** What the code is, as Node names it. */
  format: ModuleKind;
  /** It was an ES module, whatever it is now. */
  wasModule: boolean;
}

/** The text of a file that was there before. @throws UsageError if it cannot be read any more */
export function codeIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(
      'CODE_GONE',
      `${file} cannot be read: ${whyUnreadable(cause)}`,
      'leave the files of the code as they are until the run is over',
      { cause },
    );
  }
}

/** Strategies share most of what they import. */
const compiled = new Map<string, { source: string; result: Compiled }>();

/**
 * A file of code as plain JavaScript, types erased; its source map is at its end, and apart.
 * @returns undefined if it is no code: JSON and the like
 * @throws UsageError SYNTAX_ERROR, which names file and line; CANNOT_EXPLORE for a top-level await in `cjs`
 */
export function compile(file: string, format: Format): Compiled | undefined {
  const lang = LANGUAGES[extname(file)];
  if (!lang) return undefined;
  const source = codeIn(file);
  const key = `${format} ${file}`;
  const known = compiled.get(key);
  if (known?.source === source) return known.result;
  const plain = plainJavaScript(file, source, lang);
  const result = format === 'esm' ? forNode(file, plain, lang) : forProcesses(file, plain);
  compiled.set(key, { source, result });
  return result;
}

/** Whether a file is code that can be compiled. */
export const isCompiled = (file: string): boolean => extname(file) in LANGUAGES;

/** JavaScript is only looked at for its errors: Node loads it as it is. */
function forNode(file: string, plain: Plain, lang: 'ts' | 'js'): Compiled {
  const kind = lang === 'js' ? 'module' : isPlainCommonJs(file, plain.code) ? 'commonjs' : kindOf(file);
  if (kind === 'commonjs') {
    const body = functionOf(file, plain);
    // What only an ES module can have says that it runs as one.
    if (!body.usesMeta && (!body.wasModule || !topLevelAwait(body.code))) {
      const code =
        projectOf(file).module === 'commonjs'
          ? body.code
          : body.code.replaceAll('__oversell_dynamicImport(', 'import(');
      return { ...withMap(code, [...plain.maps, body.map]), format: 'commonjs', wasModule: body.wasModule };
    }
  }
  return { ...withMap(plain.code, plain.maps), format: 'module', wasModule: true };
}

/** Whether Node takes a file for CommonJS, as it is or as it was compiled. */
export function isCommonJs(file: string): boolean {
  if (isTypeScript(file)) return compile(file, 'esm')!.format === 'commonjs';
  return extname(file) === '.cjs' || isPlainCommonJs(file, codeIn(file));
}

/** As Node finds out by what is in a file, where no project and no package says. */
const isPlainCommonJs = (file: string, code: string): boolean =>
  !takesWhole(file) &&
  /\b(?:require\(|module\.exports\b|exports\.)/.test(code) &&
  !/^(?:import|export)\b/m.test(code);

function forProcesses(file: string, plain: Plain): Compiled {
  const body = functionOf(file, plain);
  const maps = [...plain.maps, body.map];
  const at = awaitIn(file, body, maps);
  if (at !== undefined) {
    throw new UsageError(
      'CANNOT_EXPLORE',
      `${at}: it has a top-level await, and an explored file is evaluated again for each instance`,
      'read synchronously there (readFileSync), or move the await into open() or seller()',
    );
  }
  return { ...withMap(body.code, maps), format: 'commonjs', wasModule: body.wasModule };
}

/** Where a file awaits at its top, `file:line`; undefined: nowhere. */
export function awaitAtTop(file: string): string | undefined {
  const lang = LANGUAGES[extname(file)];
  if (!lang) return undefined;
  const plain = plainJavaScript(file, codeIn(file), lang);
  const body = functionOf(file, plain);
  return awaitIn(file, body, [...plain.maps, body.map]);
}

function awaitIn(file: string, body: FunctionBody, maps: Plain['maps']): string | undefined {
  const at = body.wasModule || kindOf(file) === 'module' ? topLevelAwait(body.code) : undefined;
  return at && placeOf(file, lineOf(maps, at.line, at.column)?.line);
}

const functionOf = (file: string, { code }: Plain): FunctionBody =>
  asFunction(file, code, { kind: kindOf(file), callableNamespaces: projectOf(file).callableNamespaces });

function withMap(code: string, maps: Plain['maps']): Pick<Compiled, 'code' | 'map'> {
  const map = asText(maps);
  const inline = Buffer.from(map).toString('base64');
  return { code: `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`, map };
}

/** An ES module of a package as one that can be evaluated for each process: at once, as `require` has it. */
export function compileForProcesses(source: string, file: string): string {
  const { code } = plainJavaScript(file, source, LANGUAGES[extname(file)]!);
  return asFunction(file, code, { kind: 'module', callableNamespaces: false }).code;
}

/** What a file imports, or requires, by names that are written down; nothing if it does not compile. */
export function importedBy(file: string): string[] {
  const body = bodyOf(file);
  return body === undefined ? [] : importsOf(body);
}

/** What a file uses of a module that it imports by that specifier. */
export function usedOf(file: string, specifier: string): ReadonlySet<string> {
  const body = bodyOf(file);
  return (body === undefined ? undefined : namesUsed(body).get(specifier)) ?? new Set();
}

const bodies = new Map<string, { source: string; body: string }>();

function bodyOf(file: string): string | undefined {
  const lang = LANGUAGES[extname(file)];
  if (!lang) return undefined;
  try {
    const source = readFileSync(file, 'utf8');
    const known = bodies.get(file);
    if (known?.source === source) return known.body;
    const body = functionOf(file, plainJavaScript(file, source, lang)).code;
    bodies.set(file, { source, body });
    return body;
  } catch {
    return undefined;
  }
}

/** Node loads JavaScript as it is. */
export const isTypeScript = (file: string): boolean => /\.[cm]?ts$/.test(file);

/** A line of a file; it counts from 1. */
export interface Place {
  file: string;
  line: number;
}

/**
 * The innermost position in a stack trace that is in the user's code, as the user wrote it.
 * @param format as what it was compiled: for Node's loader, where JavaScript is left as it is, or for processes
 * @param isTheirs whose code it is instead, by its path or URL
 */
export async function placeInStack(
  stack: string,
  format: Format,
  isTheirs?: (url: string) => boolean,
): Promise<Place | undefined> {
  const [found] = userPositions(stack, isTheirs);
  if (!found) return undefined;
  const [url, line, column, marked] = found;
  try {
    const file = url.startsWith('file:') ? fileURLToPath(url) : url;
    // What is not ours to compile was loaded by whoever runs a test, who tells its lines as they are written.
    const isOurs = format === 'esm' ? isTypeScript(file) : marked || !isUsers(url);
    // Compiled again: only a fault needs the map, and the same source compiles to the same code.
    const known = isOurs ? compile(file, format) : undefined;
    return { file, line: known ? originalLine(known.map, line, column) : line };
  } catch {
    return undefined; // code may write stacks of its own, and files may be gone
  }
}

/** The same in the code of a built-in strategy, by its path: `strategies/watch-retry.ts`, also where it runs compiled. */
export async function placeInBuiltIn(
  stack: string,
  isBuiltIn: (url: string) => boolean,
): Promise<Place | undefined> {
  const place = await placeInStack(stack, 'cjs', isBuiltIn);
  if (!place) return undefined;
  const { dir, name, ext } = parse(place.file);
  // What the compiler made of a line begins and ends with it.
  const map = ext === '.js' ? await readFile(`${place.file}.map`, 'utf8') : undefined;
  const line = map === undefined ? place.line : originalLine(map, place.line, Number.MAX_SAFE_INTEGER);
  return { file: `${basename(dir)}/${name}.ts`, line };
}
