import { withoutSecrets } from '../ground/secrets.ts';
import { BY_ENVIRONMENT, parseRedisUrl, urlWithoutLogin } from '../ground/redis-url.ts';

/** Words of a command line in which the login of `--redis` is left out, to be filled in by whoever repeats it. */
export const withoutLogins = (words: readonly string[]): string[] =>
  words.map((word, i) => {
    if (words[i - 1] === '--redis') return shown(word);
    return word.startsWith('--redis=')
      ? `--redis=${shown(word.slice('--redis='.length))}`
      : withoutSecrets(word);
  });

/** A URL that cannot be read may have its login anywhere. */
function shown(text: string): string {
  if (text === BY_ENVIRONMENT) return text;
  try {
    return urlWithoutLogin(parseRedisUrl(text));
  } catch {
    return '<URL>';
  }
}
