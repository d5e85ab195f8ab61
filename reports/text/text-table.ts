import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import { ink, PAPER, type Window } from './window.ts';

/** Every part of a table's frame, as cli-table3 names them. */
const FRAME =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right ' +
  'left left-mid mid mid-mid right right-mid middle';
const NO_FRAME = Object.fromEntries(FRAME.split(' ').map((part) => [part, '']));

const GAP = 3;
/** Between columns that would not fit otherwise. */
export const NARROW_GAP = 2;

/** A table before it is drawn. */
interface Content {
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** Numbers of the columns that are aligned right. */
  right: readonly number[];
}

/**
 * Columns set apart by spaces, for a terminal of any kind. Where they do not fit into the window, words go to a next line;
 * where that is not enough, the table is continued below with its first column once more.
 *
 * @param right numbers of the columns that are aligned right
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
  window: Window = PAPER,
): string {
  const content = contentOf(head, rows, right, window);
  for (const gap of [GAP, NARROW_GAP]) {
    const widths = fittingWidths(content, window.columns, gap);
    if (widths) return drawn(content, widths, gap);
  }
  return continued(content, window.columns);
}

/** The same with columns of these widths; where none is given, as wide as what stands in it. */
export const fixedTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  widths: readonly (number | undefined)[],
  window: Window,
): string => drawn(contentOf(head, rows, [], window), widths, NARROW_GAP);

function contentOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
  window: Window,
): Content {
  const whole = (cell: string, column: number): string =>
    right.includes(column) ? figureWhole(cell) : numbersWhole(cell);
  return {
    head: head.map((name) => ink(window, 'strong', name)),
    rows: rows.map((row) => row.map(whole)),
    right,
  };
}

/** Names, and beside each what there is to say of it, in lines that fit into the window. */
export function textList(
  rows: readonly (readonly [name: string, said: string])[],
  { columns }: Window,
): string {
  const names = Math.max(...rows.map(([name]) => lengthOf(name)));
  const content = { head: ['', ''], rows, right: [] };
  return drawn(content, [names, Math.max(LEAST, columns - names - GAP)], GAP, false);
}

/** Stands for a space at which no line is broken, until the table is drawn. */
const GLUE = '\ue000';

/** "19 374 771" is one word. */
const numbersWhole = (text: string): string => text.replaceAll(/(?<=\d) (?=\d{3}(?!\d))/g, GLUE);

/** So is "0.6 / 2.9 ms"; its interval may stand below it. */
const figureWhole = (text: string): string => text.replaceAll(/ (?!\[)/g, GLUE);

/** A window that is narrower than this cuts lines. */
const LEAST = 30;

/** Characters as they are seen. */
export const lengthOf = (text: string): number => stripVTControlCharacters(text).length;

const widest = (text: string): number => Math.max(...text.split('\n').map(lengthOf));
const longestWord = (text: string): number => Math.max(...text.split(/\s/).map(lengthOf));

const cellsOf = ({ head, rows }: Content, column: number): string[] => [
  head[column]!,
  ...rows.map((row) => row[column] ?? ''),
];

/** How wide each column is, so that all of them fit; undefined if they cannot. */
function fittingWidths(content: Content, columns: number, gap: number): number[] | undefined {
  const cells = content.head.map((_, column) => cellsOf(content, column));
  const natural = cells.map((texts) => Math.max(...texts.map(widest)));
  const least = cells.map((texts) => Math.max(...texts.map(longestWord)));
  const gaps = gap * (natural.length - 1);
  if (sum(natural) + gaps <= columns) return natural;
  let spare = columns - gaps - sum(least);
  if (spare < 0) return undefined;
  // The column that lacks least comes first: so as few as possible are broken.
  const order = natural.map((_, column) => column).toSorted((a, b) => lack(a) - lack(b));
  const widths = [...least];
  for (const [i, column] of order.entries()) {
    const given = Math.min(lack(column), Math.floor(spare / (order.length - i)));
    widths[column] = least[column]! + given;
    spare -= given;
  }
  return widths;

  function lack(column: number): number {
    return natural[column]! - least[column]!;
  }
}

/** In parts, one below the other, of which each begins with the first column. */
function continued(content: Content, columns: number): string {
  const parts: number[][] = [];
  for (const column of content.head.keys()) {
    if (column === 0) continue;
    const last = parts.at(-1);
    if (last && fittingWidths(columnsIn(content, [0, ...last, column]), columns, NARROW_GAP))
      last.push(column);
    else parts.push([column]);
  }
  return parts
    .map((some) => columnsIn(content, [0, ...some]))
    .map((one) => drawn(one, fittingWidths(one, columns, NARROW_GAP) ?? squeezed(one, columns), NARROW_GAP))
    .join('\n\n');
}

function columnsIn({ head, rows, right }: Content, columns: readonly number[]): Content {
  const of = (row: readonly string[]): string[] => columns.map((column) => row[column] ?? '');
  const aligned = columns.flatMap((column, i) => (right.includes(column) ? [i] : []));
  return { head: of(head), rows: rows.map(of), right: aligned };
}

/** Not even single words fit beside one another: what stands first is left whole, and the rest has what is left. */
function squeezed(content: Content, columns: number): number[] {
  const [first = 0] = content.head.map((_, column) => Math.max(...cellsOf(content, column).map(widest)));
  const others = content.head.length - 1;
  return [first, ...Array<number>(others).fill(Math.max(LEAST, Math.floor(columns / 2)))];
}

function drawn(
  { head, rows, right }: Content,
  widths: readonly (number | undefined)[],
  gap: number,
  named = true,
): string {
  const table = new Table({
    ...(named && { head: [...head] }),
    chars: NO_FRAME,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap },
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
    colWidths: widths.map((width) => (width === undefined ? null : width + gap)),
    wordWrap: true,
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replaceAll(GLUE, ' ').replaceAll(/ +$/gm, '');
}

const sum = (widths: readonly number[]): number => widths.reduce((total, width) => total + width, 0);
