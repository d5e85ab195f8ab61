import type { Markup } from '../page/markup.ts';
import type { BenchRow } from '../../harness/documents/figures.ts';
import type { StrategyResult } from '../../harness/documents/result.ts';
import { differs } from '../../harness/documents/intervals.ts';
import { ratioText } from '../view/figures.ts';
import { chart, INK, logarithmic, MUTED, type Layer, type Room } from './chart.ts';

/** The verdict of one line, by colour and by the sign beside it: ≈ is no detectable difference. */
const CLASSES = ['faster', 'slower', 'no detectable difference'];
const COLOURS = ['var(--good-ink)', 'var(--weak-ink)', MUTED];
/** Pixels between the axes. */
const WIDTHS: Record<Room, number> = { desk: 340, phone: 120 };
/** A line a strategy, in the order of the rows. */
const BY_NAME = { field: 'name', type: 'nominal', sort: null, title: null } as const;

/** Each against the baseline, with its interval, the fastest first: a forest plot. Undefined: nothing to compare. */
export async function forestPlot(
  strategies: readonly StrategyResult[],
  baseline: string,
  room: Room = 'desk',
): Promise<Markup | undefined> {
  const rows = strategies.flatMap(({ name, cost }) =>
    cost?.verdict === 'holds' && cost.ratioToBaseline.low !== null ? [{ name, ...lineOf(cost) }] : [],
  );
  if (rows.length === 0) return undefined;
  rows.sort((a, b) => b.median - a.median);
  const axis = logarithmic([1, ...rows.flatMap(({ low, high }) => [low, high])]);
  return chart(
    {
      width: WIDTHS[room],
      height: { step: 22 },
      data: { values: rows },
      layer: forestLayers(axis, `sales/s, as a multiple of ${baseline} (logarithmic)`, room),
    },
    `Forest plot: sales per second of each strategy as a multiple of ${baseline}, with 95 % intervals`,
  );
}

/** A line at one; then of each strategy its interval, its median, and, where there is room, the comparison in words. */
function forestLayers({ scale, values }: ReturnType<typeof logarithmic>, title: string, room: Room): Layer[] {
  const words: Layer = {
    mark: { type: 'text', align: 'left', dx: 8 },
    encoding: { x: { value: WIDTHS.desk }, y: BY_NAME, text: { field: 'words', type: 'nominal' } },
  };
  return [
    {
      data: { values: [{ one: 1 }] },
      mark: { type: 'rule', color: INK, strokeDash: [3, 3] },
      encoding: { x: { field: 'one', type: 'quantitative' } },
    },
    {
      mark: { type: 'rule', strokeWidth: 2 },
      encoding: {
        x: { field: 'low', type: 'quantitative', scale, axis: { values, format: '~g', title } },
        x2: { field: 'high' },
        y: BY_NAME,
        color: {
          field: 'class',
          type: 'nominal',
          scale: { domain: CLASSES, range: COLOURS },
          legend: null,
        },
      },
    },
    {
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: {
        x: { field: 'median', type: 'quantitative' },
        y: BY_NAME,
        color: { field: 'class', type: 'nominal' },
      },
    },
    ...(room === 'desk' ? [words] : []),
  ];
}

function lineOf({ ratioToBaseline }: BenchRow): {
  median: number;
  low: number;
  high: number;
  class: string;
  words: string;
} {
  const median = ratioToBaseline.median!;
  const named = differs(ratioToBaseline) ? (median > 1 ? 'faster' : 'slower') : 'no detectable difference';
  return {
    median,
    low: ratioToBaseline.low ?? median,
    high: ratioToBaseline.high ?? median,
    class: named,
    words: `${differs(ratioToBaseline) ? '' : '≈ '}${ratioText(ratioToBaseline)}`,
  };
}

/** What is sold a second while there are units, and what is refused a second after. */
export async function phases(
  strategies: readonly StrategyResult[],
  room: Room = 'desk',
): Promise<Markup | undefined> {
  const rows = strategies.flatMap(({ name, course }) =>
    course
      ? [
          { name, phase: 'selling: sales/s', perSecond: course.salesPerSecond },
          { name, phase: 'drain: refusals/s', perSecond: course.refusalsPerSecond },
        ].flatMap(({ perSecond, ...row }) => (perSecond === null ? [] : [{ ...row, perSecond }]))
      : [],
  );
  if (rows.length === 0) return undefined;
  const axis = logarithmic(rows.map(({ perSecond }) => perSecond));
  return chart(
    {
      width: WIDTHS[room],
      height: { step: 22 },
      data: { values: rows },
      layer: [
        {
          mark: { type: 'line', color: MUTED, strokeWidth: 1 },
          encoding: {
            x: {
              field: 'perSecond',
              type: 'quantitative',
              scale: axis.scale,
              axis: { values: axis.values, format: '~s', title: 'per second (logarithmic)' },
            },
            y: BY_NAME,
            detail: { field: 'name', type: 'nominal' },
          },
        },
        {
          mark: { type: 'point', filled: true, size: 60, opacity: 1 },
          encoding: {
            x: { field: 'perSecond', type: 'quantitative' },
            y: BY_NAME,
            color: {
              field: 'phase',
              type: 'nominal',
              sort: null,
              scale: { range: ['var(--c1)', 'var(--c2)'] },
              legend: { orient: 'top', title: null },
            },
            shape: { field: 'phase', type: 'nominal', sort: null, legend: { orient: 'top', title: null } },
          },
        },
      ],
    },
    'Sales per second while units last and refusals per second after, by strategy',
  );
}
