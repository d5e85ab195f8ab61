/** What can be told of something that was thrown. Everything can be: without a text, with getters that throw in turn. */
export interface Thrown {
  /** '' if it is no error. */
  name: string;
  /** Such that people can read it: no control characters, and not too much. */
  message: string;
  /** '' if it has none. */
  stack: string;
  code?: string;
}

/** More than that nobody reads. */
const MOST_CHARACTERS = 2_000;

export function thrownWords(error: unknown): Thrown {
  const isError = isAnError(error);
  const code = isError ? field(error, 'code') : undefined;
  const name = isError ? field(error, 'name') : '';
  return {
    name: typeof name === 'string' ? readable(name) : isError ? 'Error' : '',
    message: readable(textOf(isError ? field(error, 'message') : error)),
    stack: isError ? stackText(error) : '',
    ...(typeof code === 'string' && { code }),
  };
}

/** Where an error was made; '' where the program shapes its stacks such that nobody can read them. */
export function stackText(error: object | undefined): string {
  const stack = error && field(error, 'stack');
  return typeof stack === 'string' ? stack : '';
}

/** With its name, if it is an error. */
export function namedThrown(error: unknown): string {
  const { name, message } = thrownWords(error);
  return name === '' ? message : `${name}: ${message}`;
}

function isAnError(error: unknown): error is object {
  try {
    return error instanceof Error;
  } catch {
    return false; // a proxy that was revoked
  }
}

function field(of: object, name: string): unknown {
  try {
    return (of as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'something without a text';
  }
}

/** A text as a terminal shows it without obeying it. */
export function readable(text: string): string {
  const whole = shownOnly(text.slice(0, MOST_CHARACTERS));
  return text.length <= MOST_CHARACTERS ? whole : `${whole}… (${text.length} characters)`;
}

/** The same of any length. */
export const shownOnly = (text: string): string =>
  text.replaceAll(
    /(?![\t\n])\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
