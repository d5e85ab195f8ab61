import type { DiagramRow } from './lanes.ts';

/**
 * Rows as they are drawn: what only prepares the next command stands before it in one row, if that has room for both, and
 * what goes on again and again is told once.
 * @param widest the most characters of a row's command
 */
export function folded(rows: readonly DiagramRow[], widest: number): DiagramRow[] {
  const joined: DiagramRow[] = [];
  for (const row of rows) {
    const before = joined.at(-1);
    const both = before && inOne(before, row);
    if (both && wholeLabel(both).length <= widest) joined.splice(-1, 1, both);
    else joined.push(row);
  }
  return told(joined);
}

/** A command with what prepares it, in one line. */
export const wholeLabel = ({ before, label }: DiagramRow): string => [...before, label].join(' · ');

const inOne = (first: DiagramRow, second: DiagramRow): DiagramRow | undefined =>
  prepares(first, second)
    ? {
        ...second,
        before: [...first.before, first.label],
        notes: [...first.notes, ...second.notes],
      }
    : undefined;

/** Commands that do nothing to the sale by themselves. */
const PREPARATIONS = /^(WATCH|UNWATCH|MULTI)\b/;

/** Whether nothing comes of the first but the second, which follows at once. */
function prepares(first: DiagramRow, second: DiagramRow): boolean {
  const isQueued = first.reply === 'QUEUED';
  const isPreparing = first.reply === 'OK' && PREPARATIONS.test(first.label);
  const isOneTransaction = isQueued || first.label === 'MULTI';
  return (
    (isQueued || isPreparing) &&
    second.event === 'execute' &&
    first.lane === second.lane &&
    first.resent === second.resent &&
    first.late === second.late &&
    first.delivered === second.delivered &&
    first.answers.length + first.dirtied.length === 0 &&
    (isOneTransaction || first.source === second.source)
  );
}

/** Rows that may make up what repeats itself, and so often it does before that is told instead. */
const LONGEST_ROUND = 4;
const FEWEST_ROUNDS = 3;

function told(rows: readonly DiagramRow[]): DiagramRow[] {
  const keys = rows.map((row) => JSON.stringify(row));
  const shown: DiagramRow[] = [];
  for (let at = 0; at < rows.length;) {
    const round = roundAt(keys, at);
    shown.push(...rows.slice(at, at + round.length));
    if (round.times > 1) shown.push(again(rows[at]!, round.times - 1));
    at += round.length * round.times;
  }
  return shown;
}

/** What begins there, and how often it comes in a row. */
function roundAt(keys: readonly string[], at: number): { length: number; times: number } {
  for (let length = 1; length <= LONGEST_ROUND; length++) {
    let times = 1;
    while (isSame(keys, { at, next: at + times * length, length })) times++;
    if (times >= FEWEST_ROUNDS) return { length, times };
  }
  return { length: 1, times: 1 };
}

const isSame = (
  keys: readonly string[],
  { at, next, length }: Record<'at' | 'next' | 'length', number>,
): boolean =>
  next + length <= keys.length &&
  Array.from({ length }, (_, i) => keys[at + i] === keys[next + i]).every(Boolean);

const again = (row: DiagramRow, times: number): DiagramRow => ({
  ...row,
  event: 'timer',
  before: [],
  label: `… and so ${times} times more`,
  detail: undefined,
  source: undefined,
  reply: undefined,
  notes: [],
});
