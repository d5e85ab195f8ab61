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

const harness = fileURLToPath(HARNESS);

/** Whether a line of a stack trace lies in the harness: it names a path, or a URL of that path. */
export const isHarnessFrame = (line: string): boolean =>
  line.includes(harness) || line.includes(HARNESS.href);
