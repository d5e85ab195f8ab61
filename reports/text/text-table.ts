import Table from 'cli-table3';

/** Every part of a table's frame, as cli-table3 names them. */
const FRAME =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right ' +
  'left left-mid mid mid-mid right right-mid middle';
const NO_FRAME = Object.fromEntries(FRAME.split(' ').map((part) => [part, '']));

const GAP = 3;

/** Columns set apart by spaces, for a terminal of any kind. `right`: numbers of the columns that are aligned right. */
export function textTable(head: string[], rows: string[][], right: readonly number[] = []): string {
  const table = new Table({
    head,
    chars: NO_FRAME,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
  });
  table.push(...rows);
  return table.toString().replaceAll(/ +$/gm, '');
}

/** Names, and beside each what there is to say of it, in lines that fit into a window of so many columns. */
export function textList(rows: readonly (readonly [name: string, said: string])[], columns: number): string {
  const names = Math.max(...rows.map(([name]) => name.length)) + GAP;
  const table = new Table({
    chars: NO_FRAME,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: [names, Math.max(LEAST, columns - names)],
    wordWrap: true,
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replaceAll(/ +$/gm, '');
}

/** A window that is narrower than this cuts lines. */
const LEAST = 30;
