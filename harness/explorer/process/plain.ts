import { thrownWords } from '../../ground/thrown.ts';

/** What a call returned, as text can hold it: values are compared, renamed and kept as JSON. */
export function plain(value: unknown): unknown {
  try {
    JSON.stringify(value);
    return value;
  } catch {
    return withoutWhatJsonRefuses(value);
  }
}

/** A BigInt is told with its `n`; what was told already (a circle) is left out; what cannot be read at all is named so. */
function withoutWhatJsonRefuses(value: unknown): unknown {
  const told = new WeakSet<object>();
  try {
    const text = JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === 'bigint') return `${part}n`;
      if (typeof part !== 'object' || part === null) return part;
      if (told.has(part)) return undefined;
      told.add(part);
      return part;
    });
    return JSON.parse(text) as unknown;
  } catch (error) {
    return `what cannot be read: ${messageOf(error)}`;
  }
}

/** What was thrown, in words. */
export const messageOf = (error: unknown): string => thrownWords(error).message;
