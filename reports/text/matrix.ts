import type { Environment } from '../../strategies/contract.ts';
import { fixedTable, lengthOf, NARROW_GAP as GAP } from './text-table.ts';
import { ink, type Window } from './window.ts';

/** What is known before the first row: rows are told one by one, and yet stand in the same columns. */
export interface MatrixPlan {
  /** Names of all strategies to come. */
  names: readonly string[];
  environments: readonly Environment[];
}

/** What one strategy came to. */
export interface MatrixRow {
  name: string;
  /** A word for each environment of the plan. */
  words: readonly string[];
  /** How much was covered. */
  amount: string;
  note: string;
}

/** "refuses wrongly *"; of what is longer, words go to a next line. */
const WIDE = 18;
/** "not supported" */
const NARROW = 13;
/** "19 374 771 orders in 20 431 states" */
const AMOUNT = 34;
/** "control, caught" */
const NOTE = 15;

/**
 * A row for each strategy, and a column for each environment. In a window without room for what was covered and for
 * remarks these stand below the row; in one without room for the columns, each word stands with its environments.
 */
export function matrix(plan: MatrixPlan, rows: readonly MatrixRow[], window: Window): string {
  const { environments } = plan;
  const head = ['strategy', ...environments];
  const wide = widthsOf(plan, WIDE);
  const left = window.columns - totalOf([...wide, AMOUNT, 0]);
  if (left >= NOTE) {
    const cells = rows.map(({ name, words, amount, note }) => [name, ...words, amount, note]);
    const note = left === Infinity ? undefined : left;
    return fixedTable([...head, '', ''], cells, [...wide, AMOUNT, note], window);
  }
  const narrow = [wide, widthsOf(plan, NARROW)].find((widths) => totalOf(widths) <= window.columns);
  if (narrow === undefined) return rows.map((row) => listed(row, plan, window)).join('\n');
  const told = rows.map(({ name, words, ...rest }) => {
    const [, line = ''] = fixedTable(head, [[name, ...words]], narrow, window).split(/\n([^]*)/);
    return `${line}\n  ${remark(rest, window)}`;
  });
  return [fixedTable(head, [], narrow, window), ...told].join('\n');
}

function widthsOf({ names, environments }: MatrixPlan, cell: number): number[] {
  const name = Math.max('strategy'.length, ...names.map(({ length }) => length));
  return [name, ...environments.map(({ length }) => Math.max(cell, length))];
}

const totalOf = (widths: readonly number[]): number =>
  widths.reduce((total, width) => total + width, GAP * (widths.length - 1));

const remark = ({ amount, note }: Pick<MatrixRow, 'amount' | 'note'>, window: Window): string =>
  ink(window, 'quiet', [amount, ...(note === '' ? [] : [note])].join('; '));

/** Words, and beside each the environments in which it was found. */
function listed({ name, words, ...rest }: MatrixRow, { environments }: MatrixPlan, window: Window): string {
  const distinct = [...new Set(words)];
  const width = Math.max(...distinct.map(lengthOf));
  const lines = distinct.map((word) => {
    const where = environments.filter((_, i) => words[i] === word);
    return `  ${word}${''.padEnd(width - lengthOf(word))}  ${where.join(', ')}`;
  });
  return [ink(window, 'strong', name), ...lines, `  ${remark(rest, window)}`].join('\n');
}
