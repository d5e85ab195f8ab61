import { parse, resetSVGDefIds, View } from 'vega';
import { compile, type Config, type TopLevelSpec } from 'vega-lite';
import { Markup } from '../page/markup.ts';

/** One of several marks in the same axes. */
export type Layer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];

/** Where a chart is to be read: letters keep their size, and the room for marks is smaller. */
export type Room = 'desk' | 'phone';

/** Colours are names that the page gives a meaning, in light and in dark. */
export const INK = 'var(--ink)';
export const MUTED = 'var(--muted)';
const LINE = 'var(--line)';
export const SERIES = ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)'];
/** Beside the colour, for those who cannot tell colours apart. */
export const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [12, 4],
];

const CONFIG: Config = {
  font: 'inherit',
  background: 'transparent',
  view: { stroke: null },
  axis: {
    labelColor: MUTED,
    titleColor: MUTED,
    titleFontWeight: 'normal',
    gridColor: LINE,
    domain: false,
    ticks: false,
    labelPadding: 6,
    labelFontSize: 11,
    titleFontSize: 11,
    labelLimit: 260,
  },
  legend: { labelColor: INK, titleColor: MUTED, labelFontSize: 11, labelLimit: 260, symbolStrokeWidth: 2 },
  title: { color: INK, fontSize: 12, fontWeight: 600, anchor: 'start' },
  text: { color: INK, fontSize: 11 },
};

/** A logarithmic axis without the crowd of lines that would be drawn for every digit. */
export function logarithmic(values: readonly number[]): {
  scale: { type: 'log'; domain: [number, number]; nice: false };
  values: number[];
} {
  const positive = values.filter((value) => value > 0); // there is no logarithm of any other
  const known = positive.length > 0 ? positive : [1];
  const [low, high] = [Math.min(...known) / 1.15, Math.max(...known) * 1.15];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    const steps = high / low > 300 ? [1] : [1, 2, 5];
    ticks.push(...steps.map((step) => Number((step * 10 ** power).toPrecision(1))));
  }
  return {
    scale: { type: 'log', domain: [low, high], nice: false },
    values: ticks.filter((tick) => tick >= low && tick <= high),
  };
}

/** A chart as SVG that stands in the page itself: no script, no fonts of its own, the same bytes each time. */
export async function chart(spec: TopLevelSpec, label: string): Promise<Markup> {
  resetSVGDefIds();
  const { spec: compiled } = compile({ ...spec, padding: 4 }, { config: CONFIG });
  const svg = await new View(parse(compiled), { renderer: 'none' }).toSVG();
  return new Markup(slim(svg).replace('<svg ', `<svg role="group" aria-label="${attribute(label)}" `));
}

const attribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** Leaves out what says nothing, what the page's style says anyway, and digits that nobody can see. */
const slim = (svg: string): string =>
  svg
    .replaceAll(/ (?:xmlns(?::xlink)?|version|font-family|pointer-events)="[^"]*"/g, '')
    .replaceAll(/ (?:(?:opacity|stroke-width|fill-opacity)="1"|font-size="11px"|font-weight="normal")/g, '')
    .replaceAll(/<path class="(?:background|foreground)"(?![^>]*(?:fill|stroke)=)[^>]*\/>/g, '')
    .replaceAll(/ (?:d|transform|x|y|x1|y1|x2|y2)="[^"]*"/g, (found) =>
      found.replaceAll(/\d+\.\d{2,}/g, (digits) => String(Math.round(Number(digits) * 10) / 10)),
    );
