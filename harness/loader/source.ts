import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { basename, extname, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform, transformSync, type Loader, type TransformOptions } from 'esbuild';
import { UsageError } from '../ground/errors.ts';
import { ours } from '../ground/ours.ts';
import { placeOf, userPositions } from '../ground/places.ts';

const LOADERS: Record<string, Loader> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
};

/** What a strategy's own file may be. What it imports may also be CommonJS. */
export const STRATEGY_EXTENSIONS: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];

/** No option of these makes functions dearer than they were written (as `keepNames` does). */
const FORMATS = {
  /** For Node's own loader. */
  esm: { format: 'esm' },
  /** For modules that are evaluated many times: see the explorer's Program. */
  cjs: {
    format: 'cjs',
    define: { 'import.meta': '__meta' },
    supported: { 'dynamic-import': false },
  },
} satisfies Record<string, TransformOptions>;
export type Format = keyof typeof FORMATS;

interface Compiled {
  code: string;
  map: string;
}

/** Strategies share most of what they import. */
const compiled = new Map<string, { source: string; result: Promise<Compiled> }>();

/**
 * A file of code as plain JavaScript, types erased; its source map is at its end, and apart.
 * @returns undefined if it is no code: JSON and the like
 * @throws UsageError SYNTAX_ERROR, which names file and line
 */
export async function compile(file: string, format: Format): Promise<Compiled | undefined> {
  const loader = LOADERS[extname(file)];
  if (!loader) return undefined;
  const source = await readFile(file, 'utf8');
  const key = `${format} ${file}`;
  const known = compiled.get(key);
  if (known?.source === source) return known.result;
  const result = transformed(file, source, loader, format);
  compiled.set(key, { source, result });
  return result;
}

/** Whether a file is code that can be compiled. */
export const isCompiled = (file: string): boolean => extname(file) in LOADERS;

/** An ES module of a package as one that can be evaluated for each process: at once, as `require` has it. */
export function compileForProcesses(source: string, file: string): string {
  const loader = LOADERS[extname(file)]!;
  const options = { ...FORMATS.cjs, loader, sourcefile: file, target: 'node20.19' } as const;
  const { code } = ours(() => transformSync(source, options));
  return withoutNodeMode(code);
}

/**
 * esbuild takes the whole of what an `.mjs` file requires for its default export, as Node does with CommonJS; but ES
 * modules are functions here, too. Who hands them out sees to it instead (`asImported`).
 */
export const withoutNodeMode = (code: string): string =>
  code.replaceAll(/(__toESM\(require\("[^"\n]*"\)), 1\)/g, '$1)');

async function transformed(file: string, source: string, loader: Loader, format: Format): Promise<Compiled> {
  try {
    return await ours(() => transform(source, optionsFor(file, loader, format)));
  } catch (error) {
    throw atItsLine(file, error);
  }
}

/** The same at once, for a loader that cannot wait; nothing of it is kept. @returns undefined @throws as `compile` */
export function compileNow(file: string, format: Format): Compiled | undefined {
  const loader = LOADERS[extname(file)];
  if (!loader) return undefined;
  const source = readFileSync(file, 'utf8');
  try {
    return ours(() => transformSync(source, optionsFor(file, loader, format)));
  } catch (error) {
    throw atItsLine(file, error);
  }
}

const optionsFor = (file: string, loader: Loader, format: Format): TransformOptions => ({
  ...FORMATS[format],
  loader,
  sourcefile: file,
  sourcemap: 'both',
  target: 'node20.19',
  logLevel: 'silent',
});

/** What the compiler says of a file, as a fault of that line. */
function atItsLine(file: string, error: unknown): unknown {
  const [first] = (error as Partial<{ errors: { text: string; location: Location | null }[] }>).errors ?? [];
  if (!first) return error;
  const place = placeOf(file, first.location?.line);
  if (/top-level await/i.test(first.text)) {
    return new UsageError(
      'CANNOT_EXPLORE',
      `${place}: it has a top-level await, and an explored file is evaluated again for each instance`,
      'read synchronously there (readFileSync), or move the await into open() or seller()',
    );
  }
  return new UsageError('SYNTAX_ERROR', `${place}: ${first.text}`, 'correct the syntax of that line');
}

interface Location {
  line: number;
}

/** The line that the user wrote, for a position in what it was compiled to. All count from 1. */
export function originalLine(map: string, line: number, column: number): number {
  const entry = new SourceMap(JSON.parse(map) as SourceMapPayload).findEntry(line - 1, column - 1);
  return 'originalLine' in entry ? entry.originalLine + 1 : line;
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
  const [url, line, column] = found;
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  // Compiled again: only a fault needs the map, and the same source compiles to the same code.
  const known = format === 'cjs' || isTypeScript(file) ? await compile(file, format) : undefined;
  return { file, line: known ? originalLine(known.map, line, column) : line };
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
