import type { PurchaseOutcome } from '../../strategies/contract.ts';

/** A class of errors, or of what a call answers. */
type ErrorClass = abstract new (...args: never[]) => Error;

/**
 * An answer of the shop's: a value that it returns; a condition of numbers (`'>=0'`); the name, code or message of an error that
 * it throws, or its class; a pattern of such a text; or a function that knows it.
 */
export type Answer =
  | string
  | number
  | boolean
  | null
  | undefined
  | RegExp
  | ErrorClass
  | ((answer: unknown) => boolean);

/** What answers of `buy` mean, where the table of harness/adapters/README.md does not say it, or says something else. */
export interface Answers {
  sold?: Answer | readonly Answer[];
  soldOut?: Answer | readonly Answer[];
  limitReached?: Answer | readonly Answer[];
  /** The user holds a unit already, by this purchase or another. */
  alreadyYours?: Answer | readonly Answer[];
  /** Contention: surely nothing was sold. */
  gaveUp?: Answer | readonly Answer[];
}

const KINDS = {
  sold: 'sold',
  soldOut: 'sold-out',
  limitReached: 'limit-reached',
  alreadyYours: 'already-yours',
  gaveUp: 'gave-up',
} as const satisfies Record<keyof Answers, PurchaseOutcome['kind']>;

type Kind = PurchaseOutcome['kind'];

/** What `buy` came to. */
export type Came = { returned: unknown } | { threw: unknown };

/**
 * @returns undefined: nobody has said what it means; `unknown`: it is an error that nobody has named, after which something
 * may have been sold or not
 */
export function meaningOf(came: Came, answers: Answers = {}): PurchaseOutcome | 'unknown' | undefined {
  const value = 'threw' in came ? came.threw : came.returned;
  for (const [name, kind] of Object.entries(KINDS) as [keyof Answers, Kind][]) {
    if (name in answers && listOf(answers[name]).some((answer) => isThat(value, answer)))
      return outcome(kind);
  }
  return 'threw' in came ? 'unknown' : byDefault(value, answers);
}

/** Nothing is taken for sold that was not said to be, but yes and a number from 1 on. */
function byDefault(value: unknown, answers: Answers): PurchaseOutcome | undefined {
  if (isOutcome(value)) return value;
  if (typeof value === 'string') return KINDS_BY_NAME.has(value as Kind) ? outcome(value as Kind) : undefined;
  const saysSold = 'sold' in answers;
  const saysSoldOut = 'soldOut' in answers;
  if (value === true || (typeof value === 'number' && value >= 1))
    return saysSold ? undefined : outcome('sold');
  if (value === false || value === null || value === -1) return saysSoldOut ? undefined : outcome('sold-out');
  // The last unit of a shop that answers what is left, and a no of one that answers 1 or 0.
  return value === 0 && saysSold && !saysSoldOut ? outcome('sold-out') : undefined;
}

const KINDS_BY_NAME: ReadonlySet<Kind> = new Set(Object.values(KINDS));

const outcome = (kind: Kind): PurchaseOutcome => (kind === 'gave-up' ? { kind, attempts: 1 } : { kind });

const isOutcome = (value: unknown): value is PurchaseOutcome =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  KINDS_BY_NAME.has(value.kind as Kind) &&
  (value.kind !== 'gave-up' || ('attempts' in value && typeof value.attempts === 'number'));

const listOf = (one: Answer | readonly Answer[]): readonly Answer[] =>
  Array.isArray(one) ? (one as readonly Answer[]) : [one as Answer];

const CONDITION = /^(>=|<=|>|<)(-?\d+)$/;
const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
};

function isThat(value: unknown, answer: Answer): boolean {
  if (answer instanceof RegExp) return textsOf(value).some((text) => text.search(answer) >= 0);
  if (typeof answer === 'function') {
    return isErrorClass(answer) ? value instanceof answer : answer(value);
  }
  if (typeof answer !== 'string') return value === answer;
  const [, sign, bound] = CONDITION.exec(answer) ?? [];
  if (sign !== undefined) return typeof value === 'number' && COMPARE[sign]!(value, Number(bound));
  return textsOf(value).includes(answer);
}

const isErrorClass = (answer: ErrorClass | ((answer: unknown) => boolean)): answer is ErrorClass =>
  answer === Error || answer.prototype instanceof Error;

/** By which an answer can be named: of an error its name, its code and its message. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (!(value instanceof Error)) return [];
  const { name, message, constructor } = value;
  const code = 'code' in value ? [String(value.code)] : [];
  return [name, constructor.name, ...code, message];
}

/** An answer for people. */
export function answerText(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? `"${value}"` : String(value);
  try {
    return JSON.stringify(value) ?? Object.prototype.toString.call(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
