import { constants, isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ZodError } from 'zod';
import { UsageError } from '../ground/errors.ts';

/** Makes the reader's own error of a sentence about the file. */
export type Complaint = (message: string, cause: unknown) => UsageError;

/** Reads a file that holds one JSON value. @throws what `complain` makes of it, if it cannot be read or is no JSON */
export function readJson(file: string, complain: Complaint): unknown {
  const text = withoutMark(readText(file, complain));
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw complain(`${file} cannot be read: ${whyNoJson(text, cause)}`, cause);
  }
  if (isTooDeep(document))
    throw complain(`${file} cannot be read: it is nested more than ${DEEPEST} deep`, undefined);
  return document;
}

/** Whoever goes through a document calls itself once for each level. */
const DEEPEST = 200;

function isTooDeep(document: unknown): boolean {
  let level = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}

/** Reads a file that holds text. @throws what `complain` makes of it, if it cannot be read or is none */
export function readText(file: string, complain: Complaint): string {
  if (file === '') throw complain('no file is named', undefined);
  let bytes: Buffer;
  try {
    requireContent(file, complain);
    bytes = readFileSync(file);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw complain(`${file} cannot be read: ${whyUnreadable(cause)}`, cause);
  }
  const sixteen = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (!sixteen && isUtf8(bytes) && bytes.length <= constants.MAX_STRING_LENGTH) return bytes.toString();
  const what = sixteen ? 'it is UTF-16: write it as UTF-8' : 'it is no text in UTF-8';
  throw complain(`${file} cannot be read: ${what}`, undefined);
}

/** What keeps a file from being read, in words. @param cause an error of the file system */
export function whyUnreadable(cause: unknown): string {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return UNREADABLE[code] ?? message;
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is a file, no folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ELOOP: 'its path is a circle of links',
  ENAMETOOLONG: 'its name is too long',
  ENXIO: 'it is a device or a socket',
  ERR_INVALID_ARG_VALUE: 'its name has a null character',
};

/** Whether a shell or the system made the pipe that is named: somebody writes into it. */
const isOpenPipe = (file: string): boolean => /^\/(dev|proc)\//.test(file);

/** To open a pipe waits for somebody who writes into it, and nothing would end that. */
function requireContent(file: string, complain: Complaint): void {
  const found = statSync(file);
  if (found.isFile() || found.isDirectory() || (found.isFIFO() && isOpenPipe(file))) return;
  const what = found.isFIFO() ? 'a pipe (FIFO)' : 'no file, but a device or a socket';
  throw complain(`${file} cannot be read: it is ${what}`, undefined);
}

/** Editors and shells of Windows begin a file with a mark, which is no part of it. */
export const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text);

function whyNoJson(text: string, cause: unknown): string {
  if (text.trim() === '') return 'it is empty';
  const message = cause instanceof Error ? cause.message : String(cause);
  const [, at] = /at position (\d+)/.exec(message) ?? [];
  const cut = /^Unexpected end|^Unterminated/.test(message) || Number(at) >= text.trimEnd().length;
  return cut ? 'it is cut short: its JSON does not end' : `it is no JSON: ${message}`;
}

/** What a JSON document of ours is, for people; undefined if it is none of ours. */
function kindOf(document: unknown): string | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const has = (...keys: readonly string[]): boolean => keys.every((key) => key in document);
  if (has('kind', 'schedule')) return 'a counterexample';
  if (has('error') && Object.keys(document).length === 1) return 'what a command printed that had no answer';
  if (has('version', 'profile', 'strategies')) return 'the result of a run';
  if (has('kind', 'found')) return 'the result of a bench or a storm';
  if (has('environment', 'strategies')) return 'what bench --json prints';
  if (has('coverage', 'properties', 'scope')) return 'what explore --json prints';
  if (has('oversell', 'sale')) return 'the first line of a history';
  return has('buy', 'answers') ? 'a service file' : undefined;
}

/** That a file is not what was asked for, but something else of ours. */
export const otherKind = (file: string, wanted: string, document: unknown): string | undefined => {
  const kind = kindOf(document);
  return kind === undefined || kind === wanted ? undefined : `${file} is not ${wanted}, but ${kind}`;
};

/** What was given, or the result.json of the run whose folder was given. */
export const resultFileOf = (path: string): string => (isFolder(path) ? join(path, 'result.json') : path);

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // whoever reads it tells what is wrong with it
  }
}

/** One thing that is wrong says enough; there may be thousands. */
export function firstFault({ issues }: ZodError): string {
  const { message, path } = deepest(issues[0]!);
  const said = message.replace(/, received undefined$/, ', and there is none');
  return path.length === 0 ? said : `${said}, at ${path.join('.')}`;
}

type Issue = ZodError['issues'][number];

/** Where one of several shapes was expected: what is wrong with the likeliest, of which the least is wrong. */
function deepest(issue: Issue): Pick<Issue, 'message' | 'path'> {
  const shapes = issue.code === 'invalid_union' ? issue.errors.filter(({ length }) => length > 0) : [];
  const [likeliest] = shapes.toSorted((a, b) => wrongIn(a) - wrongIn(b));
  if (!likeliest) return issue;
  const { message, path } = deepest(likeliest[0]!);
  return { message, path: [...issue.path, ...path] };
}

/** How much is wrong with a shape: everything, where a list was expected and there is an object. */
const wrongIn = (issues: readonly Issue[]): number =>
  issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0) ? Infinity : issues.length;
