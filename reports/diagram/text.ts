import { lanesOf, SERVER_LANE, type Interleaving, type DiagramRow } from './lanes.ts';

/** Most characters of one command or reply; the file has them whole. */
const WIDEST = 34;

/**
 * A space-time diagram in text: one lane per buyer, time runs down, and on the right what the store says is left.
 *
 *   A                 B                  stock
 *   GET → 1                                  1
 *                     GET → 1                1
 */
export function timeline(interleaving: Interleaving): string[] {
  const { lanes, rows } = lanesOf(interleaving);
  const names = rows.some(({ lane }) => lane === SERVER_LANE) ? [...lanes, 'server'] : lanes;
  const placed = rows.map((row) => ({ row, at: row.lane === SERVER_LANE ? lanes.length : row.lane }));
  const texts = placed.map(({ row }) => describe(row, lanes));
  const widths = names.map((name, lane) =>
    Math.max(name.length, ...placed.map(({ at }, i) => (at === lane ? texts[i]!.length : 0))),
  );
  const line = (cells: readonly string[], stock: string): string =>
    `  ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join('   ')}   ${stock.padStart(5)}`;
  return [
    line(names, 'stock'),
    ...placed.map(({ row, at }, i) =>
      line(
        names.map((_, lane) => (at === lane ? texts[i]! : '')),
        row.stock === null ? '?' : String(row.stock),
      ),
    ),
  ];
}

function describe(row: DiagramRow, lanes: readonly string[]): string {
  const { label, detail, reply, answers, resent, late, dirtied } = row;
  const sent = `${late ? 'late: ' : ''}${resent ? '↻ ' : ''}${row.event === 'execute' ? shorten(label) : label}`;
  const told = detail === undefined ? sent : `${sent} (${shorten(detail)})`;
  return [
    reply === undefined ? told : `${told} → ${shorten(reply)}`,
    ...(answers.length > 0 ? [answers.join(', ')] : []),
    ...dirtied.map((lane) => `(now ${lanes[lane]}'s WATCH fails)`),
  ].join('  ');
}

const shorten = (text: string): string => (text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`);
