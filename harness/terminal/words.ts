import { UsageError } from '../ground/errors.ts';

/** What Node reads where there is no UTF-8. */
const NO_UTF8 = '\ufffd';

/**
 * Words and folders that are no UTF-8 reach no program as they are: whatever they name, it could not be found.
 * @throws UsageError if one of the words is none, or the folder in which the command runs, or that is gone
 */
export function requireReadable(words: readonly string[]): void {
  const folder = currentFolder();
  const named = words.find((word) => word.includes(NO_UTF8));
  if (named === undefined && !folder.includes(NO_UTF8)) return;
  const what = named === undefined ? `the folder in which this runs, ${folder},` : `"${named}"`;
  throw new UsageError('NOT_UTF8', `${what} is not UTF-8`, 'give what it names a name in UTF-8');
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    const remedy = 'change to one that exists';
    throw new UsageError('NO_FOLDER', 'the folder in which this runs no longer exists', remedy, { cause });
  }
}
