import {
  breaksAll,
  isBrokenEvent,
  isFatalEvent,
  isFaultEvent,
} from '../../harness/documents/fault-events.ts';
import { compact, markup, type Markup } from '../page/markup.ts';
import { folded } from './fold.ts';
import { lanesOf, SERVER_LANE, type Interleaving, type DiagramRow } from './lanes.ts';
import { wrapped } from './wrapped.ts';

/** Pixels. Text is set in a monospaced face, so its width is known without a browser. */
const CHARACTER = 6.7;
const FIRST_ROW = 48;
const LINE = 14;
const GAP = 14;
const LEAST_LANE = 96;
const GUTTER = 26;
const MARGIN = 14;
/** Room for faults of the server, left of its line. */
const SERVER_ROOM = 30;
const STOCK_ROOM = 68;
/** Most characters of a line; the counterexample's file has them whole. */
const WIDEST = 30;

interface Line {
  text: string;
  kind: 'sent' | 'reply' | 'sold' | 'told' | 'fault' | 'quiet' | 'mark';
}

interface Place {
  row: DiagramRow;
  lines: Line[];
  y: number;
  height: number;
}

/**
 * A space-time diagram: a line per buyer and one for Redis, time runs down. An arrow to Redis is a command that it
 * executes there and then; one from Redis, a reply that arrives. Right of Redis, the units that it has left.
 */
export function diagram(interleaving: Interleaving): Markup {
  const { lanes, rows } = lanesOf(interleaving);
  const places = placed(folded(rows, WIDEST));
  const widths = lanes.map((_, lane) => laneWidth(places.filter(({ row }) => row.lane === lane)));
  const serverRoom = Math.max(SERVER_ROOM, laneWidth(places.filter(({ row }) => row.lane === SERVER_LANE)));
  const at = lanes.map((_, lane) => MARGIN + sum(widths.slice(0, lane)));
  const server = MARGIN + sum(widths) + serverRoom;
  const width = Math.ceil(server + STOCK_ROOM);
  const end = places.reduce((y, place) => Math.max(y, place.y + place.height), FIRST_ROW);
  const height = end + MARGIN;
  return compact(markup`<svg class="spacetime" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
    ${lanes.map((name, lane) => laneLine(name, at[lane]!, lifetime(places, lane, name.length > 1, end)))}
    <path class="redis" d="M${server} 24V${end}" />
    <text class="lane" x="${server - 17}" y="16">Redis</text>
    <text class="lane n" x="${width - 6}" y="16">stock</text>
    ${places.map((place, i) => {
      const before = i === 0 ? interleaving.scope.stock : places[i - 1]!.row.stock;
      const x = place.row.lane === SERVER_LANE ? server : at[place.row.lane]!;
      return step(place, x, { at, server, width, before });
    })}
  </svg>`);
}

function placed(rows: readonly DiagramRow[]): Place[] {
  let y = FIRST_ROW;
  return rows.map((row) => {
    const lines = linesOf(row);
    const height = GAP + LINE * lines.length;
    const place = { row, lines, y, height };
    y += height;
    return place;
  });
}

function linesOf(row: DiagramRow): Line[] {
  const { event, label, detail, source, reply, notes, answers, resent, late } = row;
  const kind = event === 'execute' ? 'sent' : isFaultEvent(event) ? 'fault' : 'quiet';
  return [
    ...(resent ? [{ text: '↻ sent again', kind: 'mark' } as const] : []),
    ...(late ? [{ text: 'late, its sender is gone', kind: 'mark' } as const] : []),
    { text: event === 'execute' ? shorten(label) : label, kind },
    ...(detail === undefined ? [] : [{ text: detail, kind: 'quiet' } as const]),
    ...(reply === undefined ? [] : [{ text: `→ ${shorten(reply)}`, kind: 'reply' } as const]),
    ...notes.flatMap((note) => wrapped(note, WIDEST).map((text) => ({ text, kind: 'reply' }) as const)),
    ...answers.map((text) => ({ text, kind: text.endsWith('sold') ? 'sold' : 'told' }) as const),
    ...(source === undefined ? [] : [{ text: source, kind: 'quiet' } as const]),
  ];
}

/** As wide as its widest text. */
function laneWidth(places: readonly Place[]): number {
  const longest = Math.max(0, ...places.flatMap(({ lines }) => lines.map(({ text }) => text.length)));
  return Math.max(LEAST_LANE, Math.ceil(longest * CHARACTER) + GUTTER);
}

/** A lane begins at the top, one of somebody who comes later with its first step; a crash ends it. */
function lifetime(
  places: readonly Place[],
  lane: number,
  isLate: boolean,
  end: number,
): { from: number; to: number } {
  const own = places.filter(({ row }) => row.lane === lane);
  const crashed = own.find(({ row }) => isFatalEvent(row.event));
  const from = isLate ? (own[0]?.y ?? 0) - 12 : 24;
  return { from, to: crashed ? crashed.y : end };
}

const laneLine = (name: string, x: number, { from, to }: { from: number; to: number }): Markup =>
  markup`<path class="life" d="M${x} ${from}V${to}" /><text class="lane" x="${x - 4}" y="${from - 8}">${name}</text>`;

interface Geometry {
  at: readonly number[];
  server: number;
  width: number;
  /** Units before the step. */
  before: number | null;
}

function step({ row, lines, y }: Place, x: number, { at, server, width, before }: Geometry): Markup {
  const { stock } = row;
  const isServers = row.lane === SERVER_LANE;
  const kinds = [
    'n',
    ...(stock === before ? [] : ['changed']),
    ...(stock !== null && stock < 0 ? ['below'] : []),
  ].join(' ');
  return markup`${breaksAll(row.event) && band(y, server)}${mark(row, x, server, y)}
    ${row.dirtied.map((lane) => dirty(at[lane]!, y))}
    ${words(lines, isServers ? x - 10 : x + 9, y + LINE, isServers)}
    <text class="${kinds}" x="${width - 6}" y="${y + 4}">${stock ?? '?'}</text>`;
}

/** What was sent needs no class: it is what most lines are. */
function words([first, ...rest]: readonly Line[], x: number, y: number, isServers: boolean): Markup {
  const kinds = [...(isServers ? ['ofserver'] : []), ...(first!.kind === 'sent' ? [] : [first!.kind])].join(
    ' ',
  );
  return markup`<text${kinds !== '' && markup` class="${kinds}"`} x="${x}" y="${y}">${first!.text}${rest.map(
    ({ text, kind }) => markup`<tspan class="${kind}" x="${x}" dy="${LINE}">${text}</tspan>`,
  )}</text>`;
}

/** The heads of arrows, once for all diagrams of a page. A dot is where a step happens. */
export const ARROWS = markup`<svg class="arrows" width="0" height="0" aria-hidden="true"><defs><marker id="dot" viewBox="-4 -4 8 8" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse"><circle r="3"/></marker><marker id="tip" viewBox="-7 -4 8 8" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M-6-3 0 0-6 3"/></marker><marker id="both" viewBox="-4 -4 16 8" markerWidth="16" markerHeight="8" markerUnits="userSpaceOnUse"><circle r="3"/><path d="M10-3 4 0 10 3"/></marker></defs></svg>`;

/** To the server and back; there only, if the answer comes later or never; back only, if it comes now. */
function mark({ lane, event, delivered }: DiagramRow, x: number, server: number, y: number): Markup {
  const of = lane === SERVER_LANE ? 'server' : String(lane % 4);
  if (event === 'execute')
    return markup`<path class="of${of} ${delivered === 'at once' ? 'both' : 'to'}" d="M${x} ${y}H${server}" />`;
  if (event === 'deliver') return markup`<path class="of${of} back" d="M${server} ${y}H${x}" />`;
  return isBrokenEvent(event)
    ? markup`<path class="broken" d="M${x - 5} ${y - 5}l10 10m0-10-10 10" />`
    : markup`<circle class="of${of}" cx="${x}" cy="${y}" r="3" />`;
}

/** Everybody's connections break. */
const band = (y: number, server: number): Markup => markup`<path class="band" d="M0 ${y}H${server}" />`;

/** A watched key was touched. */
const dirty = (x: number, y: number): Markup =>
  markup`<path class="dirty" d="M${x} ${y - 5}l5 5-5 5-5-5z" /><text class="mark" x="${x + 9}" y="${y + 14}">WATCH fails now</text>`;

const shorten = (text: string): string => (text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
