import { withoutLogins } from './logins.ts';

/**
 * Whoever lists the processes of the machine sees the command line without the login of `--redis`: on Linux and macOS
 * the title takes the place of the command line.
 *
 * @param words after the program
 */
export function hideLogins(words: readonly string[]): void {
  const shown = withoutLogins(words);
  if (shown.some((word, i) => word !== words[i])) process.title = ['oversell', ...shown].join(' ');
}
