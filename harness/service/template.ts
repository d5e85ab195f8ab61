import { namesIn, NUMBERS, partsOf } from '../documents/service.ts';
import { UsageError } from '../ground/errors.ts';

/** What is filled in, by name. */
export type Values = Readonly<Record<string, string>>;
/** A text of which the rest is known. @throws UsageError if there is no value for a name */
export type Fill = (values: Values) => string;

const asItIs = (value: string): string => value;

/** @param encode what is filled in, for the place where it stands */
export function fillOf(text: string, encode: (value: string) => string = asItIs): Fill {
  const [first = '', ...rest] = partsOf(text);
  if (rest.length === 0) return () => first;
  return (values) => {
    let filled = first;
    for (let i = 0; i < rest.length; i += 2) filled += encode(valueOf(values, rest[i]!)) + rest[i + 1]!;
    return filled;
  };
}

function valueOf(values: Values, name: string): string {
  const value = values[name];
  if (value !== undefined) return value;
  const remedy = name === 'limit' ? 'give --per-user-limit, or leave {limit} out' : `leave {${name}} out`;
  throw new UsageError('NO_VALUE', `the service file asks for {${name}}, and there is none`, remedy);
}

/** A line break would begin another header. @throws UsageError */
export function inHeader(value: string): string {
  if (!/[\r\n\0]/.test(value)) return value;
  throw new UsageError(
    'INVALID_INPUT',
    `a value that was kept for a header has a line break: ${JSON.stringify(value)}`,
    'keep something else',
  );
}

/** For a place in a regular expression. */
export const inRegex = (value: string): string => value.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

const inJson = (value: string): string => JSON.stringify(value).slice(1, -1);

/**
 * A JSON body. A string that is nothing but a placeholder for a number becomes a number, and a member that is nothing but
 * `{limit}` is left out where there is none.
 */
export function jsonFillOf(value: unknown): Fill {
  if (typeof value === 'string') {
    const [only] = namesIn(value);
    if (value === `{${only}}` && NUMBERS.includes(only!)) return fillOf(value);
    const fill = fillOf(inJson(value), inJson);
    return (values) => `"${fill(values)}"`;
  }
  if (Array.isArray(value)) {
    const items = value.map(jsonFillOf);
    return (values) => `[${items.map((item) => item(values)).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, member]) => {
      const fill = jsonFillOf(member);
      return {
        optional: isLimit(member),
        text: (values: Values) => `${JSON.stringify(key)}:${fill(values)}`,
      };
    });
    return (values) =>
      `{${present(members, values)
        .map(({ text }) => text(values))
        .join(',')}}`;
  }
  const text = JSON.stringify(value);
  return () => text;
}

/** A body as HTML forms send it. */
export function formFillOf(form: Readonly<Record<string, string>>): Fill {
  const fields = Object.entries(form).map(([name, value]) => {
    const fill = fillOf(value);
    return {
      optional: isLimit(value),
      text: (values: Values) => `${encodeURIComponent(name)}=${encodeURIComponent(fill(values))}`,
    };
  });
  return (values) =>
    present(fields, values)
      .map(({ text }) => text(values))
      .join('&');
}

const isLimit = (value: unknown): boolean => value === '{limit}';
const present = <T extends { optional: boolean }>(members: readonly T[], values: Values): T[] =>
  members.filter(({ optional }) => !optional || values['limit'] !== undefined);
