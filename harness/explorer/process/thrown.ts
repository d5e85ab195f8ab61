import { isDefinite } from '../../../strategies/errors.ts';
import { thrownWords } from '../../ground/thrown.ts';

/** A call that ended by an error. */
export interface Threw {
  kind: 'threw';
  /** It surely had no effect. */
  definite: boolean;
  message: string;
}

/** Beside what a call came to, not in it: two histories are the same, whatever line their errors come from. */
const stacks = new WeakMap<object, string>();

/** A call that ended by this error. */
export function threw(error: unknown): Threw {
  const { message, stack } = thrownWords(error);
  const settled: Threw = { kind: 'threw', definite: isDefinite(error), message };
  if (stack !== '') stacks.set(settled, stack);
  return settled;
}

/** The stack of the error by which a call ended; its first line names the error. '' if it was none, or had none. */
export const stackOf = (settled: Threw): string => stacks.get(settled) ?? '';

/** The error by which a call ended, with its name. */
export function errorInWords(settled: Threw): string {
  const [name = ''] = /^[A-Z]\w*Error\b(?=:)/.exec(stackOf(settled)) ?? [];
  return name && !settled.message.startsWith(name) ? `${name}: ${settled.message}` : settled.message;
}
