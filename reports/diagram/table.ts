import { isFatalEvent, isFaultEvent } from '../../harness/documents/fault-events.ts';
import type { ToldAtRest } from '../../harness/documents/counterexample.ts';
import { markup, type Markup } from '../page/markup.ts';
import { atRestText } from '../view/at-rest.ts';
import { folded } from './fold.ts';
import { lanesOf, SERVER_LANE, type DiagramRow, type Interleaving } from './lanes.ts';

/** Commands that only prepare another stand before it, however many they are: a cell wraps its text. */
const WIDEST = 400;
/** From so many lanes on, a phone has the steps below one another. */
const MANY_LANES = 4;

/** What a cell says of its lane, by the way its line is drawn. */
type Line = 'alive' | 'waiting' | 'absent';

/**
 * A space-time diagram as a table: a lane for each that does something, time runs down, and beside each step the units that
 * are left. A server fault lies over all lanes. A dashed line is a message that is under way while others go on.
 */
export function diagram(interleaving: Interleaving & { atRest?: ToldAtRest }): Markup {
  const { titles, rows } = lanesOf(interleaving);
  const steps = folded(settled(rows), WIDEST);
  const used = titles.flatMap((title, lane) =>
    steps.some((row) => row.lane === lane || row.dirtied.includes(lane)) ? [{ title, lane }] : [],
  );
  const lines = linesOf(
    steps,
    used.map(({ lane }) => lane),
  );
  const { scope, atRest } = interleaving;
  const isWide = used.length >= MANY_LANES;
  return markup`<table class="steps${isWide && ' many'}"><thead><tr>${used.map(
    ({ title }) => markup`<th scope="col">${title}</th>`,
  )}<th scope="col" class="n">left of ${scope.stock}</th></tr></thead><tbody>${steps.map((row, i) => {
    const before = i === 0 ? scope.stock : steps[i - 1]!.stock;
    return markup`<tr>${
      row.lane === SERVER_LANE
        ? markup`<td class="band" colspan="${used.length}">${words(row)}</td>`
        : used.map(({ title, lane }, at) => cell(row, { title: isWide && title, lane, at }, lines[i]![at]!))
    }${stock(row.stock, before)}</tr>`;
  })}</tbody>${
    atRest &&
    markup`<tfoot><tr><td class="rest" colspan="${used.length}">${withoutProduct(atRestText(atRest))}</td><td class="n">${atRest.drained}</td></tr></tfoot>`
  }</table>`;
}

/**
 * Without what goes without saying: that buyers ask before anything else happens, and that a reply arrives before anybody
 * else does something. What buyers are told by it, they are told by the step before.
 */
function settled(rows: readonly DiagramRow[]): DiagramRow[] {
  const shown: DiagramRow[] = [];
  for (const told of rows) {
    const row =
      told.crosses || told.delivered !== 'later' ? told : { ...told, delivered: 'at once' as const };
    const before = shown.at(-1);
    const isSilent = row.notes.length + row.answers.length === 0;
    if (row.event === 'start' && before === undefined && isSilent) continue;
    const isQuiet = row.event === 'deliver' && !row.crosses && row.stock === before?.stock;
    if (!isQuiet || !before || before.lane !== row.lane) shown.push(row);
    else {
      const answers = [...before.answers, ...row.answers];
      shown.splice(-1, 1, { ...before, answers, notes: [...before.notes, ...row.notes] });
    }
  }
  return shown;
}

/** How the line of each lane goes at each step. */
function linesOf(rows: readonly DiagramRow[], lanes: readonly number[]): Line[][] {
  const states = lanes.map((lane) => {
    const own = rows.flatMap((row, i) => (row.lane === lane ? [{ row, i }] : []));
    const death = own.find(({ row }) => isFatalEvent(row.event))?.i ?? Infinity;
    const late = own.findLast(({ row }) => row.late)?.i ?? -1;
    const first = own[0]?.i ?? 0;
    let waiting = 0;
    return rows.map((row, i): Line => {
      const isOwn = row.lane === lane;
      if (isOwn && row.event === 'deliver') waiting = Math.max(0, waiting - repliesOf(row));
      const isWaiting = i > death ? i <= late : waiting > 0;
      const isThere = i >= first && i <= death;
      const line = isWaiting ? 'waiting' : isThere ? 'alive' : 'absent';
      if (isOwn && row.event === 'execute' && row.delivered === 'later') waiting++;
      return line;
    });
  });
  return rows.map((_, i) => states.map((lane) => lane[i]!));
}

const repliesOf = ({ label }: DiagramRow): number => Number(/^\d+/.exec(label)?.[0] ?? 1);

const LINE_CLASSES: Record<Line, string | undefined> = {
  alive: undefined,
  waiting: 'waits',
  absent: 'ended',
};

function cell(
  row: DiagramRow,
  { title, lane, at }: { title: string | false; lane: number; at: number },
  line: Line,
): Markup {
  const isOwn = row.lane === lane;
  const names = [
    isOwn ? `own l${at % 4}` : undefined,
    LINE_CLASSES[line],
    isOwn && isFaultEvent(row.event) ? 'band' : undefined,
  ].filter((name) => name !== undefined);
  const dirtied = row.dirtied.includes(lane) && markup`<small class="mark">◇ its WATCH fails now</small>`;
  return markup`<td${names.length > 0 && markup` class="${names.join(' ')}"`}${isOwn && title !== false && markup` data-lane="${title}"`}>${isOwn && words(row)}${dirtied}</td>`;
}

/** What happened, and under it what has to be told whole. */
function words(row: DiagramRow): Markup {
  const { event, before, label, detail, source, reply, notes, answers, resent, late } = row;
  const isCommand = event === 'execute';
  const inLane = (text: string): string => withoutProduct(text.replace(/^[A-Z]{2,}: /, ''));
  const marks = [...(resent ? ['↻ sent again: '] : []), ...(late ? ['⤷ late, its sender is gone: '] : [])];
  return markup`${marks.map((text) => markup`<small class="mark">${text}</small>`)}${before.map(
    (command) => markup`<code class="q">${inLane(command)}</code><s> · </s>`,
  )}${isCommand ? markup`<code>${inLane(label)}</code>` : markup`<span class="${isFaultEvent(event) ? 'fault' : 'q'}">${inLane(label)}</span>`}${
    reply !== undefined && markup`<code> → <b>${withoutProduct(reply)}</b></code>`
  }${answers.map((answer) => markup` <em${answer.endsWith('sold') && markup` class="sold"`}>${answer}</em>`)}${
    source !== undefined && markup` <small>${source}</small>`
  }${[...(detail === undefined ? [] : [detail]), ...notes].map((note) => markup`<small class="note">${withoutProduct(note)}</small>`)}`;
}

function stock(left: number | null, before: number | null): Markup {
  const names = [
    'n',
    ...(left === before ? [] : ['changed']),
    ...(left !== null && left < 0 ? ['under'] : []),
  ];
  return markup`<td class="${names.join(' ')}">${left ?? '?'}</td>`;
}

/** Keys of a small sale without the product that they have in common: `stock` for `{item}:stock`. */
export const withoutProduct = (text: string): string => text.replaceAll('{item}:', '');
