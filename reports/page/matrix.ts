import { environmentRow } from '../../harness/documents/environments.ts';
import { NO_VERDICTS } from '../../harness/documents/vocabulary.ts';
import type { Result } from '../../harness/documents/result.ts';
import type { Environment } from '../../strategies/contract.ts';
import { anchorOf } from '../questions/question.ts';
import type { Exhibits } from '../view/evidence.ts';
import { grouped, known, ms } from '../view/figures.ts';
import { matrixOf, type Band, type Matrix, type MatrixCell, type MatrixRow } from '../view/matrix.ts';
import { partsOf } from '../view/view.ts';
import { BY_GRAVITY, EFFECTS, SHORT, SIGNS } from '../view/words.ts';
import { markup, type Markup } from './markup.ts';

/** Its name, which may be broken at its hyphens. */
const headOf = (environment: Environment): string => environment.replaceAll('-', ' ');

const BAND_TITLES: Record<Band, string> = {
  judged: 'Strategies, those that hold most first',
  unproven: 'Not run here: neither safe nor unsafe',
  control: 'Controls, known to be wrong: a run that does not catch them proves nothing',
};

/** The headline: strategies by environments, what each violation does, and beside it what a sale costs. */
export function matrix(result: Result, exhibits: Exhibits): Markup {
  const drawn = matrixOf(result);
  const fastest = Math.max(0, ...drawn.rows.map(({ strategy }) => speedOf(strategy) ?? 0));
  const cost = fastest > 0;
  return markup`
<section id="matrix" aria-label="The matrix">
${legend(drawn)}
<table class="matrix"><caption>${captionOf(drawn)}</caption>
<colgroup><col class="name">${drawn.columns.map(({ tried }) => (tried ? markup`<col>` : markup`<col class="idle">`))}${cost && markup`<col class="rate"><col class="p99">`}</colgroup>
<thead><tr class="groups"><td></td>${drawn.groups.map(
    ({ title, environments }) => markup`<th scope="colgroup" colspan="${environments.length}">${title}</th>`,
  )}${cost && markup`<th scope="colgroup" colspan="2" class="cost">cost, ${inFlightOf(result)} in flight</th>`}</tr>
<tr><td></td>${drawn.columns.map(
    ({ environment, tried }) =>
      markup`<th scope="col" id="${anchorOf(environment)}" title="${environmentRow(environment).summary}"${!tried && markup` class="idle"`}><span>${headOf(environment)}</span></th>`,
  )}${cost && markup`<th scope="col" class="cost rate">sales/s</th><th scope="col" class="cost p99">p99 ms</th>`}</tr></thead>
<tbody>${drawn.rows.map((row, i) => [
    row.band !== drawn.rows[i - 1]?.band &&
      markup`<tr class="band"><th colspan="${drawn.columns.length + 1}">${BAND_TITLES[row.band]}</th>${cost && markup`<td class="cost" colspan="2"></td>`}</tr>\n`,
    line(row, drawn, exhibits),
    cost ? costOf(row, fastest) : false,
    markup`</tr>\n`,
  ])}</tbody></table>
</section>`;
}

const inFlightOf = ({ strategies }: Result): string =>
  [...new Set(strategies.flatMap(({ cost }) => cost?.inFlight ?? []))].join(', ');

const speedOf = ({ cost }: MatrixRow['strategy']): number | undefined =>
  cost?.verdict === 'holds' ? (cost.salesPerSecond.median ?? undefined) : undefined;

/** A row, left open for what a sale costs. */
function line({ strategy, cells }: MatrixRow, { columns }: Matrix, exhibits: Exhibits): Markup {
  const id = exhibits.idOf(strategy);
  return markup`<tr><th scope="row" title="${strategy.summary}"><a href="#${id}">${strategy.name}</a></th>${cells.map(
    (cell, i) => {
      const { environment } = columns[i]!;
      const shown = cell.state === 'violated' && exhibits.find(strategy, environment, cell.property)?.id;
      const { classes, sign, word, title } = faceOf(cell);
      const isRun = partsOf(strategy).some((part) => part.environment === environment);
      const to = shown || (isRun ? exhibits.rowOf(strategy, environment) : id);
      return markup`<td class="${classes}"><a href="#${to}" title="${environment}: ${title}"><b>${sign}</b>${word !== undefined && markup`<span>${word}</span>`}</a></td>`;
    },
  )}`;
}

/** How a cell looks: by colour and by sign, and in a word where there is room. */
interface Face {
  classes: string;
  sign: string;
  /** Only of what is loud: what holds is told by its sign alone. */
  word?: string;
  title: string;
}

function faceOf(cell: MatrixCell): Face {
  switch (cell.state) {
    case 'holds':
      return cell.coverage === 'exhausted'
        ? {
            classes: 'holds',
            sign: '✓',
            title: 'holds in every order of the small sales, and in the large ones that were sampled',
          }
        : { classes: 'holds sampled', sign: '≈', title: `holds, ${cell.coverage}` };
    case 'violated': {
      const { property, kind, all } = cell;
      const isDeclared = kind === 'declared';
      const title = `${all.map((one) => EFFECTS[one]).join(', ')}${isDeclared ? '' : ', not declared'}`;
      if (isDeclared) return { classes: property, sign: SIGNS[property], word: SHORT[property], title };
      return {
        classes: `${property} alarm`,
        sign: `${SIGNS[property]}!`,
        word: SHORT[property].toUpperCase(),
        title,
      };
    }
    case 'inconclusive':
      return { classes: 'undecided', sign: '…', title: `${cell.property} could not be decided` };
    case 'n/a':
      return { classes: 'silent', sign: '·', title: 'n/a' };
    case 'not supported':
      return { classes: 'silent', sign: '–', title: cell.state };
    case 'not run':
      return { classes: 'unrun', sign: '', title: cell.state };
    case 'unverified':
      return { classes: 'unrun', sign: '?', title: cell.state };
  }
}

/** What a cell is, and how many columns say nothing: which they are stands below. */
function captionOf({ columns }: Matrix): string {
  const run = columns.filter(({ tried }) => tried).length;
  return `Each cell shows the gravest of what was seen there, and leads to the rest. ${run} of ${columns.length} environments were run.`;
}

/** What the signs mean, of those that occur. */
function legend({ rows }: Matrix): Markup {
  const cells = rows.flatMap((row) => row.cells);
  const occurs = (test: (cell: MatrixCell) => boolean): boolean => cells.some(test);
  const entries: [MatrixCell, string, boolean][] = [
    [
      { state: 'holds', coverage: 'exhausted' },
      'holds in every order of small sales',
      occurs((cell) => cell.state === 'holds' && cell.coverage === 'exhausted'),
    ],
    [
      { state: 'holds', coverage: 'sampled' },
      'holds in what was looked at',
      occurs((cell) => cell.state === 'holds' && cell.coverage !== 'exhausted'),
    ],
    ...BY_GRAVITY.map((property): [MatrixCell, string, boolean] => [
      { state: 'violated', property, kind: 'declared', all: [property] },
      EFFECTS[property],
      occurs((cell) => cell.state === 'violated' && cell.property === property),
    ]),
    [
      { state: 'inconclusive', property: 'oversell' },
      'undecided',
      occurs(({ state }) => state === 'inconclusive'),
    ],
    ...(['n/a', 'not supported', 'not run', 'unverified'] as const).map(
      (state): [MatrixCell, string, boolean] => [{ state }, state, occurs((cell) => cell.state === state)],
    ),
  ];
  return markup`<ul class="legend" aria-label="Legend">${entries.flatMap(([cell, words, isUsed]) => {
    if (!isUsed) return [];
    const { classes, sign } = faceOf(cell);
    const why = cell.state in NO_VERDICTS ? NO_VERDICTS[cell.state as keyof typeof NO_VERDICTS] : undefined;
    return [
      markup`<li${why !== undefined && markup` title="${why}"`}><i class="${classes}">${sign}</i>${words}</li>`,
    ];
  })}${
    occurs((cell) => cell.state === 'violated' && cell.kind !== 'declared') &&
    markup`<li><i class="alarm">!</i>the strategy does not declare it</li>`
  }</ul>`;
}

/** Figures of what sells units that do not exist would be worth nothing. */
function costOf({ strategy }: MatrixRow, fastest: number): Markup {
  const { cost } = strategy;
  if (!cost) return markup`<td class="cost rate"></td><td class="cost p99"></td>`;
  const speed = speedOf(strategy);
  if (speed === undefined)
    return markup`<td class="cost rate" title="${cost.verdict} in the measured sales"><a href="#cost">void</a></td><td class="cost p99"></td>`;
  return markup`<td class="cost rate"><a href="#cost"><i style="width:${((100 * speed) / fastest).toFixed(1)}%"></i><span>${grouped(speed)}</span></a></td><td class="cost p99">${known(cost.responseMs.p99, ms)}</td>`;
}
