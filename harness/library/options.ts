import { UsageError } from '../ground/errors.ts';

/** What options mean that are checked as the flags of the command line: a fault names the option. */
export function asOptions<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(error.code, inOptions(error.message), inOptions(error.remedy), { cause: error });
  }
}

/** `--per-user-limit` is `perUserLimit` here. */
const inOptions = (text: string): string =>
  text.replaceAll(/--([a-z-]+)/g, (_, flag: string) =>
    flag.replaceAll(/-([a-z])/g, (__, letter: string) => letter.toUpperCase()),
  );
