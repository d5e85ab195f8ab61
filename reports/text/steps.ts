import { SERVER_LANE, lanesOf, type Interleaving } from '../diagram/lanes.ts';
import { describe, timeline } from '../diagram/text.ts';
import { lengthOf, textTable } from './text-table.ts';
import type { Window } from './window.ts';

/** Most characters of one command or reply, where a line has one step alone. */
const WIDEST = 60;

/**
 * The steps of a counterexample: as a diagram with a lane for each buyer; in a window that is too narrow for one, as a list
 * that says of each step whose it is.
 */
export function stepsText(interleaving: Interleaving, window: Window): string[] {
  const drawn = timeline(interleaving, window.columns);
  if (drawn.every((line) => lengthOf(line) <= window.columns)) return drawn;
  const { lanes, rows } = lanesOf(interleaving);
  const listed = rows.map((row) => [
    row.lane === SERVER_LANE ? 'server' : lanes[row.lane]!,
    row.stock === null ? '?' : String(row.stock),
    describe(row, lanes, WIDEST).join('\n'),
  ]);
  return textTable(['who', 'stock', 'step'], listed, [1], { ...window, columns: window.columns - INDENT })
    .split('\n')
    .map((line) => `${''.padEnd(INDENT)}${line}`.trimEnd());
}

const INDENT = 2;
