import { VERDICT_EXIT_CODES } from '../documents/vocabulary.ts';

/**
 * The one place where a verdict becomes an exit code. A command whose answer has none ends with 0; a UsageError or an
 * EnvironmentError brings its own code, 2 or 4.
 */
export const EXIT_CODES = {
  ...VERDICT_EXIT_CODES,
  /** Another command line is needed. */
  usage: 2,
  /** The machine failed, or there is a bug in oversell: there is no verdict. */
  'no-verdict': 4,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const;
