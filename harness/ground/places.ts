/**
 * Where our own code lies, as source in a checkout and compiled in dist. Whatever has to tell our code from a user's,
 * or to find a built-in's file, asks here: a path that is spelled elsewhere goes wrong silently when a folder moves.
 */
import { fileURLToPath } from 'node:url';

/** The folder of the harness, with a slash at its end. */
export const HARNESS = new URL('..', import.meta.url);

/** The folder that holds harness, strategies and reports, with a slash at its end. */
export const OUR_CODE = new URL('..', HARNESS);

/** The folder of the built-in strategies, with a slash at its end. */
export const STRATEGIES = new URL('strategies/', OUR_CODE);

/** A checkout has the harness as source, too, and a thread may run both: a test, and a package that it links. */
const COPIES = [
  HARNESS,
  new URL(HARNESS.href.includes('/dist/') ? '../../harness/' : '../dist/harness/', HARNESS),
];
const HARNESSES = COPIES.flatMap((copy) => [fileURLToPath(copy), copy.href]);

/** Whether a line of a stack trace lies in the harness: it names a path, or a URL of that path. */
export const isHarnessFrame = (line: string): boolean => HARNESSES.some((copy) => line.includes(copy));

const ourCode = fileURLToPath(OUR_CODE);

/** Whether the code is the user's, by its path or URL: not Node's, no package's, not ours. */
export function isUsers(url: string): boolean {
  if (!/^(file:\/\/)?\//.test(url) || url.includes('/node_modules/')) return false;
  return !pathOf(url).startsWith(ourCode);
}

const MARK = '?compiled';

/**
 * Under which name code is evaluated that was compiled from a file of the user's. Not the file's own: a test runner that has
 * imported the file, too, would take positions in this code for those in its own.
 */
export const compiledName = (file: string): string => (isUsers(file) ? file + MARK : file);

const isCompiledName = (name: string): boolean => name.endsWith(MARK);

/** The file that code of that name was compiled from; whatever else is named in the text stays. */
export const uncompiled = (name: string): string => name.replaceAll(MARK, '');

/** Paths may have a % of their own, and in a URL that is encoded. */
function pathOf(url: string): string {
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : url;
  } catch {
    return url; // no error of ours has such a stack
  }
}

/**
 * Where positions in a stack trace are the user's code, innermost first: URL or path, line and column.
 * @param isTheirs whose else
 */
export const userPositions = (
  stack: string,
  isTheirs = isUsers,
): [url: string, line: number, column: number, compiled: boolean][] =>
  [...stack.matchAll(/(?<![^\s(])((?:file:\/\/)?\/[^\s()]*?):(\d+)(?::(\d+))?(?=[)\s]|$)/gm)].flatMap(
    ([, url, line, column = 1]): [string, number, number, boolean][] =>
      isTheirs(url!) ? [[uncompiled(url!), Number(line), Number(column), isCompiledName(url!)]] : [],
  );

/** `file:line`, as terminals and editors open it. */
export const placeOf = (file: string, line?: number): string =>
  line === undefined ? file : `${file}:${line}`;
