import { UsageError } from '../ground/errors.ts';

/** What a strategy is asked once at the start, and never answers. @param what such as "seller()" */
export const neverSettled = (what: string, graceMs: number): UsageError =>
  new UsageError(
    'NEVER_SETTLED',
    `${what} has not settled for ${graceMs / 1_000} s`,
    'find out what it awaits: what Redis does not answer, or nobody resolves; --patience waits longer',
  );
