import { Markup, markup } from './markup.ts';

/** A cell that is more than its text. */
export interface TableCell {
  word: string;
  /** Its own place in the page. */
  id?: string;
  /** Told apart by how it looks. */
  kind?: string;
  /** Place in the page that shows why. */
  to?: string | undefined;
  /** In small letters under the text. */
  note?: string | undefined;
}

/** What stands in a cell. */
export type Content = string | TableCell | Markup;

export interface Table {
  caption: string;
  head: readonly (string | { text: string; id: string })[];
  /** The first cell of a row is its head. */
  rows: readonly (readonly Content[])[];
  /** Columns that hold figures. */
  figures?: readonly number[];
}

/** A table that scrolls by itself where the page is too narrow for it. */
export const table = ({ caption, head, rows, figures = [] }: Table): Markup =>
  scrolling(
    caption,
    markup`<table><caption>${caption}</caption><thead><tr>${head.map(columnHead)}</tr></thead><tbody>${rows.map(
      ([first, ...rest]) =>
        markup`<tr><th scope="row"${idOf(first)}>${first === undefined ? '' : content(first)}</th>${rest.map((cell, i) => dataCell(cell, figures.includes(i + 1)))}</tr>\n`,
    )}</tbody></table>`,
  );

/** Reached by the keyboard too, which must be able to scroll it. */
export const scrolling = (label: string, inside: Markup): Markup =>
  markup`<div class="scroll" role="group" aria-label="${label}" tabindex="0">${inside}</div>`;

const columnHead = (head: Table['head'][number]): Markup =>
  typeof head === 'string'
    ? markup`<th scope="col">${head}</th>`
    : markup`<th scope="col" id="${head.id}">${head.text}</th>`;

function dataCell(cell: Content, isFigure: boolean): Markup {
  const kind = isPlain(cell) ? undefined : cell.kind;
  const name = [kind, isFigure ? 'figure' : undefined].filter((one) => one !== undefined).join(' ');
  return markup`<td${name !== '' && markup` class="${name}"`}>${content(cell)}</td>`;
}

const idOf = (cell: Content | undefined): Markup | false =>
  cell !== undefined && !isPlain(cell) && cell.id !== undefined && markup` id="${cell.id}"`;

const isPlain = (cell: Content): cell is string | Markup =>
  typeof cell === 'string' || cell instanceof Markup;

function content(cell: Content): Markup | string {
  if (isPlain(cell)) return cell;
  const { word, to, note } = cell;
  const linked = to === undefined ? word : markup`<a href="#${to}">${word}</a>`;
  return markup`${linked}${note !== undefined && markup`<small>${note}</small>`}`;
}
