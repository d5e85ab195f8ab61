/** Names and passwords of a server of the user's, which must not be told to anybody. */

const HIDDEN = '<login>';

/** The name that every Redis server has tells nothing. */
const PUBLIC = 'default';

/** A single letter keeps nothing from anybody, and to hide it would hide words of every text: "a server". */
const SHORTEST = 2;

/** Shorter ones may be part of an ordinary word, and are hidden as words only. */
const DISTINCT_LENGTH = 6;

/** Each form of a secret, and what finds it in a text. */
const patterns = new Map<string, RegExp>();

/** From now on, `withoutSecrets` hides these, as they are and in the forms in which they are written down. */
export function keepSecret(...secrets: readonly (string | undefined)[]): void {
  for (const secret of secrets) {
    if (secret === undefined || secret.length < SHORTEST || secret === PUBLIC) continue;
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
      if (!patterns.has(form)) patterns.set(form, patternOf(form));
    }
  }
}

function patternOf(text: string): RegExp {
  const literal = text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
  const whole = String.raw`(?<![\p{L}\p{N}_])${literal}(?![\p{L}\p{N}_])`;
  return new RegExp(text.length < DISTINCT_LENGTH ? whole : literal, 'gu');
}

/** What stands before the last `@` of the URL of a server or a database. */
const LOGIN_IN_URL = /\b((?:(?:redis|valkey)s?|unix|postgres(?:ql)?):\/\/)[^\s<>]*@/giu;

/**
 * A text that came from elsewhere (a server's error, the output of code that is judged) without the secrets that are
 * kept, and without the login of any URL of a Redis server.
 */
export function withoutSecrets(text: string): string {
  let hidden = text.replaceAll(LOGIN_IN_URL, `$1${HIDDEN}@`);
  // The longest first: a password may hold the name.
  const longestFirst = [...patterns].toSorted(([a], [b]) => b.length - a.length);
  for (const [, pattern] of longestFirst) hidden = hidden.replaceAll(pattern, HIDDEN);
  return hidden;
}

/** Whether there is anything to hide beside the logins of URLs. */
export const hasSecrets = (): boolean => patterns.size > 0;
