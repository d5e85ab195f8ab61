import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ZodError } from 'zod';
import type { UsageError } from '../ground/errors.ts';

/** Makes the reader's own error of a sentence about the file. */
export type Complaint = (message: string, cause: unknown) => UsageError;

/** Reads a file that holds one JSON value. @throws what `complain` makes of it, if it cannot be read or is no JSON */
export function readJson(file: string, complain: Complaint): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw complain(`${file} cannot be read: ${why}`, cause);
  }
}

/** What was given, or the result.json of the run whose folder was given. */
export const resultFileOf = (path: string): string =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? join(path, 'result.json') : path;

/** One thing that is wrong says enough; there may be thousands. */
export function firstFault({ issues }: ZodError): string {
  const { message, path } = deepest(issues[0]!);
  return path.length === 0 ? message : `${message}, at ${path.join('.')}`;
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
