/**
 * How large a scope may be that is explored. Each is a limit of how states are kept, or of what can be waited for. Nothing
 * else is in this file, because `--help` tells them.
 */
export const MOST_BUYERS = 12;
export const MOST_UNITS = 1_000;
export const MOST_ATTEMPTS = 100;
export const MOST_OFFICES = 4;
/** Of one fault, and of releases, restocks and passes of background work. */
export const MOST_OF_ONE = 3;
