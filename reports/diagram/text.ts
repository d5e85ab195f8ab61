import { folded, wholeLabel } from './fold.ts';
import { lanesOf, SERVER_LANE, type Interleaving, type DiagramRow } from './lanes.ts';
import { wrapped } from './wrapped.ts';

/** Most characters of one command or reply; the file has them whole. Less, where a window is too narrow for it. */
const WIDEST = [34, 24] as const;

/**
 * A space-time diagram in text: one lane per buyer, time runs down, and on the right what the store says is left. On the left
 * stands the line of code that sent each command, where that is known and the window is wide enough.
 *
 *              A                 B                  stock
 *   shop.ts:6  GET → 1                                  1
 *   shop.ts:6                    GET → 1                1
 *
 * @param columns of the window
 */
export function timeline(interleaving: Interleaving, columns = Infinity): string[] {
  for (const widest of WIDEST) {
    const drawn = drawnLines(interleaving, widest);
    for (const sources of [drawn.map(({ source }) => source), shorter(drawn)]) {
      const width = Math.max(...sources.map((source) => source.length));
      if (width === 0) continue;
      const lines = drawn.map(({ text }, i) => `  ${sources[i]!.padEnd(width)}${text}`);
      if (lines.every((line) => line.length <= columns)) return lines;
    }
  }
  return drawnLines(interleaving, WIDEST[0]).map(({ text }) => text);
}

/** A line of the diagram, and what stands to its left. */
interface Line {
  text: string;
  source: string;
}

/** Of one file the lines alone: the reader knows which it is. */
function shorter(drawn: readonly Line[]): string[] {
  const files = new Set(drawn.flatMap(({ source }) => (source === '' ? [] : source.replace(/:\d+$/, ''))));
  const [file = '', ...others] = files;
  return drawn.map(({ source }) => (others.length > 0 ? '' : source.slice(file.length)));
}

function drawnLines(interleaving: Interleaving, widest: number): Line[] {
  const { lanes, rows } = lanesOf(interleaving);
  const names = rows.some(({ lane }) => lane === SERVER_LANE) ? [...lanes, 'server'] : lanes;
  const placed = folded(rows, widest).map((row) => ({
    row,
    at: row.lane === SERVER_LANE ? lanes.length : row.lane,
    texts: describe(row, lanes, widest),
  }));
  const widths = names.map((name, lane) =>
    Math.max(
      name.length,
      ...placed.flatMap(({ at, texts }) => (at === lane ? texts.map(({ length }) => length) : [])),
    ),
  );
  const line = (cells: readonly string[], stock: string): string =>
    `  ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join('   ')}   ${stock.padStart(5)}`;
  return [
    { text: line(names, 'stock'), source: '' },
    ...placed.flatMap(({ row, at, texts }) =>
      texts.map((text, i) => {
        const cells = names.map((_, lane) => (at === lane ? text : ''));
        if (i > 0) return { text: line(cells, '').trimEnd(), source: '' };
        return { text: line(cells, row.stock === null ? '?' : String(row.stock)), source: row.source ?? '' };
      }),
    ),
  ];
}

/** In one line what happened, and below it what has to be told whole. */
export function describe(row: DiagramRow, names: readonly string[], widest: number): string[] {
  const { detail, reply, notes, answers, resent, late, dirtied } = row;
  const shorten = (text: string): string => (text.length <= widest ? text : `${text.slice(0, widest - 1)}…`);
  const sent = `${late ? 'late: ' : ''}${resent ? '↻ ' : ''}${row.event === 'execute' ? shorten(wholeLabel(row)) : row.label}`;
  const told = detail === undefined ? sent : `${sent} (${shorten(detail)})`;
  const first = [
    reply === undefined ? told : `${told} → ${shorten(reply)}`,
    ...(answers.length > 0 ? [answers.join(', ')] : []),
    ...dirtied.map((lane) => `(now ${names[lane]}'s WATCH fails)`),
  ].join('  ');
  return [first, ...notes.flatMap((note) => wrapped(note, widest).map((text) => `  ${text}`))];
}
