import { UsageError } from '../ground/errors.ts';

export type Meaning = 'sold' | 'sold-out';

/** Answers, or conditions of numbers, as they are written: `1`, `>=0`, `nil`, `OK`. */
export interface Declared {
  sold?: readonly string[];
  soldOut?: readonly string[];
}

/** An answer as it is compared: of a list its first element, a text of digits as a number, an error as its text. */
type Answer = number | string | null;

/**
 * What the answers of a script mean. Nothing is taken for sold that was not said to be, but a number from 1 on; and 0, which
 * is "none left now" in one shop and "no" in another, is neither until one of the two is said.
 *
 * @returns undefined for an answer of which nobody has said what it means
 * @throws UsageError if an answer is both
 */
export function meaningOf({ sold, soldOut }: Declared): (reply: unknown) => Meaning | undefined {
  const isSold = anyOf(sold ?? ['>=1']);
  const isSoldOut = anyOf(soldOut ?? (sold ? ['0', '-1', 'nil'] : ['-1', 'nil']));
  if (sold && soldOut) {
    const both = [...sold, ...soldOut].flatMap(samplesOf).find((one) => isSold(one) && isSoldOut(one));
    if (both !== undefined) {
      const message = `an answer of ${answerText(both)} would be both sold and sold-out`;
      throw new UsageError('CONTRADICTION', message, 'let sold and soldOut share no answer');
    }
  }
  return (reply) => {
    const answer = normalised(reply);
    // What one of them says wins over what holds by default for the other.
    if (sold && isSold(answer)) return 'sold';
    if (soldOut && isSoldOut(answer)) return 'sold-out';
    if (!sold && isSold(answer)) return 'sold';
    return !soldOut && isSoldOut(answer) ? 'sold-out' : undefined;
  };
}

const CONDITION = /^(>=|<=|>|<)(-?\d+)$/;
const NUMBER = /^-?\d+$/;

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
};

function anyOf(patterns: readonly string[]): (answer: Answer) => boolean {
  const tests = patterns.map((pattern): ((answer: Answer) => boolean) => {
    const [, sign, bound] = CONDITION.exec(pattern) ?? [];
    if (sign !== undefined)
      return (answer) => typeof answer === 'number' && COMPARE[sign]!(answer, Number(bound));
    if (pattern === 'nil') return (answer) => answer === null;
    const wanted = normalised(pattern);
    return (answer) => answer === wanted;
  });
  return (answer) => tests.some((test) => test(answer));
}

/** Answers by which two patterns show that they have one in common. */
function samplesOf(pattern: string): Answer[] {
  const [, , bound] = CONDITION.exec(pattern) ?? [];
  if (bound !== undefined) return [-1, 0, 1].map((step) => Number(bound) + step);
  return [pattern === 'nil' ? null : normalised(pattern)];
}

function normalised(reply: unknown): Answer {
  if (Array.isArray(reply)) return normalised(reply[0] ?? null);
  if (reply === null || reply === undefined) return null;
  if (reply instanceof Error) return errorText(reply);
  if (typeof reply === 'number') return reply;
  const text = typeof reply === 'string' ? reply : JSON.stringify(reply);
  return NUMBER.test(text) ? Number(text) : text;
}

/** What a script wrote into `redis.error_reply`, without what Redis may add. */
const errorText = ({ message }: Error): string =>
  message.replace(/^ERR /, '').replace(/ script: [\da-f]{40}, on @\w+:\d+\.$/, '');

/** An answer for people. */
export function answerText(reply: unknown): string {
  const answer = normalised(reply);
  return answer === null ? 'nil' : typeof answer === 'number' ? String(answer) : JSON.stringify(answer);
}
