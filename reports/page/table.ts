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
  /** Whether a phone has no room for its columns: each row is a block there, in which each cell says what heads its column. */
  stacks?: boolean;
}

/** As many columns as a phone has room for. */
const FEW_COLUMNS = 6;

/** A table that scrolls by itself where the page is too narrow for it all the same. */
export const table = ({
  caption,
  head,
  rows,
  figures = [],
  stacks = head.length > FEW_COLUMNS,
}: Table): Markup =>
  scrolling(
    caption,
    markup`<table><caption>${caption}</caption><thead><tr>${head.map((one, i) => columnHead(one, figures.includes(i)))}</tr></thead><tbody>${rows.map(
      ([first, ...rest]) =>
        markup`<tr><th scope="row"${idOf(first)}>${first === undefined ? '' : content(first)}</th>${rest.map((cell, i) => dataCell(cell, figures.includes(i + 1), stacks ? head[i + 1] : undefined))}</tr>\n`,
    )}</tbody></table>`,
    stacks ? 'scroll stacking' : 'scroll',
  );

/** Reached by the keyboard too, which must be able to scroll it. */
export const scrolling = (label: string, inside: Markup, classes = 'scroll'): Markup =>
  markup`<div class="${classes}" role="group" aria-label="${label}" tabindex="0">${inside}</div>`;

/** What heads a column. */
type Head = Table['head'][number];

const columnHead = (head: Head, isFigure: boolean): Markup => {
  const aligned = isFigure && markup` class="figure"`;
  return typeof head === 'string'
    ? markup`<th scope="col"${aligned}>${head}</th>`
    : markup`<th scope="col"${aligned} id="${head.id}">${head.text}</th>`;
};

function dataCell(cell: Content, isFigure: boolean, head: Head | undefined): Markup {
  const kind = isPlain(cell) ? undefined : cell.kind;
  const name = [kind, isFigure ? 'figure' : undefined].filter((one) => one !== undefined).join(' ');
  const says = head !== undefined && markup` data-head="${typeof head === 'string' ? head : head.text}"`;
  return markup`<td${name !== '' && markup` class="${name}"`}${says}>${content(isFigure && typeof cell === 'string' ? unbroken(cell) : cell)}</td>`;
}

/** A line may end between two figures, never within one. */
export const unbroken = (text: string): string => text.replaceAll(/(?<=\d) (?=\d{3})/g, '\u00a0');

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
