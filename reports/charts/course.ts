import type { StrategyResult } from '../../harness/documents/result.ts';
import type { Markup } from '../page/markup.ts';
import { chart, INK, logarithmic, MUTED, type Layer } from './chart.ts';

const WIDTH = 270;

/** One sale over time, in three panels with one clock: what is sold, what is left, how long it takes. */
export async function courseChart({ name, course }: StrategyResult): Promise<Markup | undefined> {
  if (!course) return undefined;
  const { windows, windowMs, sellingMs } = course;
  const values = windows.map(({ sold, refused, left, p50Ms, p99Ms }, i) => ({
    from: (i * windowMs) / 1e3,
    to: ((i + 1) * windowMs) / 1e3,
    middle: ((i + 0.5) * windowMs) / 1e3,
    sold: (sold * 1e3) / windowMs,
    refused: (refused * 1e3) / windowMs,
    left,
    p50: p50Ms,
    p99: p99Ms,
  }));
  const ms = logarithmic(windows.flatMap(({ p50Ms, p99Ms }) => [p50Ms ?? [], p99Ms ?? []].flat()));
  const seconds = values.at(-1)?.to ?? 1;
  const line = (field: string, title: string, color: string, time?: 'ms'): Layer => ({
    mark: { type: 'line', color, strokeWidth: 2, description: `${field}, ${title}` },
    encoding: {
      x: {
        field: 'middle',
        type: 'quantitative',
        scale: { domain: [0, seconds], nice: false },
        axis: { title: null, tickCount: 5, labels: time !== undefined },
      },
      y: {
        field,
        type: 'quantitative',
        ...(time
          ? { scale: ms.scale, axis: { title, values: ms.values, format: '~g' } }
          : { axis: { title, tickCount: 3, format: '~s' } }),
      },
    },
  });
  const soldOut: Layer = {
    data: { values: [{ at: sellingMs / 1e3 }] },
    mark: { type: 'rule', color: INK, strokeDash: [3, 3], description: 'the last unit is sold' },
    encoding: { x: { field: 'at', type: 'quantitative' } },
  };
  return chart(
    {
      title: name,
      data: { values },
      spacing: 8,
      vconcat: [
        {
          width: WIDTH,
          height: 56,
          layer: [line('refused', 'per second', MUTED), line('sold', 'per second', 'var(--c1)'), soldOut],
        },
        { width: WIDTH, height: 40, layer: [line('left', 'units left', 'var(--c3)'), soldOut] },
        {
          width: WIDTH,
          height: 56,
          layer: [line('p50', 'ms', MUTED, 'ms'), line('p99', 'ms', 'var(--c2)', 'ms'), soldOut],
        },
      ],
    },
    `${name}: sales and refusals per second, units left, and response time p50 and p99 over one sale`,
  );
}
