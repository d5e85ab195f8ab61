import type { StrategyResult } from '../../harness/documents/result.ts';
import type { Markup } from '../page/markup.ts';
import { chart, DASHES, logarithmic, SERIES, type Room } from './chart.ts';

/** Pixels between the axes. */
const WIDTHS: Record<Room, number> = { desk: 520, phone: 280 };

/** One line per strategy, told apart by colour and by dashes. */
const series = (names: readonly string[], room: Room) =>
  ({
    color: {
      field: 'name',
      type: 'nominal',
      scale: { domain: [...names], range: SERIES },
      legend: { orient: 'top', title: null, columns: room === 'desk' ? 3 : 1, symbolType: 'stroke' },
    },
    description: { field: 'name', type: 'nominal' },
    strokeDash: { field: 'name', type: 'nominal', scale: { domain: [...names], range: DASHES } },
  }) as const;

/** How long so many of the buyers waited at most; towards the right, what the unluckiest met with. */
export async function percentileCurve(
  strategies: readonly StrategyResult[],
  room: Room = 'desk',
): Promise<Markup | undefined> {
  const rows = strategies.flatMap(({ name, cost }) =>
    (cost?.responseCurve ?? [])
      .filter(({ ms }) => ms > 0)
      .map(({ share, ms }) => ({ name, ms, rarity: 1 / (1 - share) })),
  );
  if (rows.length === 0) return undefined;
  const time = logarithmic(rows.map((row) => row.ms));
  return chart(
    {
      width: WIDTHS[room],
      height: 240,
      data: { values: rows },
      mark: { type: 'line', strokeWidth: 2, interpolate: 'monotone' },
      encoding: {
        x: {
          field: 'rarity',
          type: 'quantitative',
          scale: { type: 'log', nice: false },
          axis: {
            title: 'share of the buyers',
            values: [2, 10, 100, 1_000, 10_000, 100_000],
            labelExpr: "format(1 - 1 / datum.value, '.3~%')",
          },
        },
        y: {
          field: 'ms',
          type: 'quantitative',
          scale: time.scale,
          axis: { title: 'waited at most, ms (logarithmic)', values: time.values, format: '~g' },
        },
        ...series(
          strategies.map(({ name }) => name),
          room,
        ),
      },
    },
    'Percentile curve: response time against the share of buyers who waited no longer',
  );
}

/** Response time while less comes than could be served. A tail at saturation says nothing, so none is drawn. */
export async function offeredLoad(
  strategies: readonly StrategyResult[],
  room: Room = 'desk',
): Promise<Markup | undefined> {
  const rows = strategies.flatMap(({ name, offered }) =>
    (offered?.points ?? []).flatMap(({ ratePerSecond, responseMs, saturated }) =>
      saturated || responseMs.p99 === null ? [] : [{ name, rate: ratePerSecond, ms: responseMs.p99 }],
    ),
  );
  if (rows.length === 0) return undefined;
  const time = logarithmic(rows.map((row) => row.ms));
  const load = logarithmic(rows.map((row) => row.rate));
  return chart(
    {
      width: WIDTHS[room],
      height: 240,
      data: { values: rows },
      mark: { type: 'line', strokeWidth: 2, point: { size: 40, strokeWidth: 0 } },
      encoding: {
        x: {
          field: 'rate',
          type: 'quantitative',
          scale: load.scale,
          axis: { title: 'arrivals per second (logarithmic)', format: '~s', values: load.values },
        },
        y: {
          field: 'ms',
          type: 'quantitative',
          scale: time.scale,
          axis: { title: 'response p99, ms (logarithmic)', values: time.values, format: '~g' },
        },
        ...series(
          strategies.map(({ name }) => name),
          room,
        ),
      },
    },
    'Response time p99 against the offered load',
  );
}
