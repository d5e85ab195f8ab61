import type { BenchResult, BenchRow, Ceiling } from '../../harness/documents/figures.ts';
import { comparison, grouped, intervalText, known, ms, perSale, ratioText, tail } from '../view/figures.ts';
import { ownClientsText } from './own-clients.ts';
import { textTable } from './text-table.ts';
import { ink, PAPER, type Window } from './window.ts';

type Row = BenchResult['strategies'][number];

/** A session's figures, with what they are worth. */
export function benchText(result: BenchResult, window: Window = PAPER): string {
  const { strategies } = result;
  const rows = strategies.flatMap((row) => ('skipped' in row ? [] : [row]));
  const blocks = [
    benchHeader(result),
    `${caption(rows)}\n${costTable(result, window)}`,
    ...(rows.some(({ mode }) => mode === 'open') ? [openTable(rows, window)] : []),
    ...result.sweeps.map((sweep) => sweepTable(sweep, window)),
    ...result.courses.map((course) => courseLine(course)),
    ...(result.offered.length > 0 ? [offeredTable(result.offered, window)] : []),
    ...(result.ceiling.length > 0 ? [ceilingTable(result.ceiling, window)] : []),
    ...(result.control ? [controlLine(result.control, window)] : []),
    ...notes(rows),
  ];
  return blocks.join('\n\n');
}

/** Where it is measured: what figures depend on. */
export function benchHeader({
  environment,
  roundTripMs,
  seed,
}: Pick<BenchResult, 'environment' | 'roundTripMs' | 'seed'>): string {
  const { redis, node, cpus, platform } = environment;
  return [
    redis,
    ...(roundTripMs === undefined ? [] : [`round trip ${ms(roundTripMs)} ms`]),
    cpus,
    platform,
    `Node ${node}`,
    `seed ${seed}`,
  ].join(' · ');
}

function caption(rows: readonly BenchRow[]): string {
  const [first] = rows;
  if (!first) return 'nothing was measured';
  const loop = first.arrivals
    ? `open loop, ${first.arrivals.profile} arrivals, ${grouped(first.arrivals.ratePerSecond)}/s`
    : 'closed loop';
  const intervals = first.salesPerSecond.low === null ? '' : ', medians with their 95 % intervals';
  const inFlight = [...new Set(rows.map((row) => row.inFlight))].join(', ');
  return `cost: ${loop}, ${first.arrivals ? 'at most ' : ''}${inFlight} in flight, n = ${first.trials}${intervals}`;
}

function costTable({ strategies, baseline }: BenchResult, window: Window): string {
  const head = [
    'strategy',
    'sales/s',
    'of its ceiling, not pipelined',
    `against ${baseline ?? 'the baseline'}`,
    'response p50 / p99',
    'commands / packets per sale',
    'bottleneck',
  ];
  return textTable(
    head,
    strategies.map((row) => costRow(row, window)),
    [1, 4, 5],
    window,
  );
}

function costRow(row: Row, window: Window): string[] {
  if ('skipped' in row)
    return [row.strategy, '–', '–', '–', '–', '–', ink(window, 'quiet', `skipped: ${row.skipped}`)];
  if (row.verdict !== 'holds') {
    const why = ink(
      window,
      row.verdict === 'violated' ? 'bad' : 'weak',
      `${row.verdict} in the measured sales`,
    );
    return [row.strategy, 'void', 'void', 'void', 'void', 'void', why];
  }
  return [
    row.strategy,
    intervalText(row.salesPerSecond, grouped),
    row.ceiling === null || isOne(row) ? '–' : `${ratioText(row.ratioToCeiling)} ${row.ceiling}`,
    row.ratioToBaseline.median === null || isOne(row) ? '–' : comparison(row.ratioToBaseline),
    row.saturated ? 'saturated' : `${tail(row.responseMs)} ms`,
    `${known(row.commandsPerSale, perSale)} / ${known(row.roundTripsPerSale, perSale)}`,
    row.bottleneck ?? 'not measured',
  ];
}

/** One trial says how fast something was, and nothing about how fast it is beside something else. */
const isOne = ({ trials }: BenchRow): boolean => trials < 2;

function openTable(rows: readonly BenchRow[], window: Window): string {
  const head = ['open loop, p50 / p99 ms', 'response', 'service', 'generator lag', 'unsent'];
  const cells = rows.map((row) => [
    row.strategy,
    row.saturated ? 'saturated' : tail(row.responseMs),
    tail(row.serviceMs),
    tail(row.lagMs),
    grouped(row.unsent),
  ]);
  return textTable(head, cells, [1, 2, 3, 4], window);
}

function sweepTable(
  { strategy, target, capacity, highestRate, points }: BenchResult['sweeps'][number],
  window: Window,
): string {
  const found = highestRate === null ? 'no rate' : `${grouped(highestRate)} arrivals/s`;
  const title = `${strategy}: ${found} met ${target.percentile} ≤ ${target.ms} ms (capacity ${grouped(capacity)} sales/s)`;
  const rows = points
    .toSorted((a, b) => a.ratePerSecond - b.ratePerSecond)
    .map((point) => [
      grouped(point.ratePerSecond),
      `${Math.round((100 * point.ratePerSecond) / capacity)} %`,
      point.saturated ? 'saturated' : tail(point.responseMs),
      grouped(point.unsent),
      point.meets ? 'met' : 'missed',
    ]);
  const head = ['arrivals/s', 'of capacity', 'response p50 / p99 ms', 'unsent', ''];
  return `${title}\n${textTable(head, rows, [0, 1, 2, 3], window)}`;
}

function courseLine({ strategy, stock, sellingMs, ...course }: BenchResult['courses'][number]): string {
  const { salesPerSecond, refusalsPerSecond, sellingResponseMs, drainResponseMs } = course;
  const selling = `${known(salesPerSecond, grouped)} sales/s, ${tail(sellingResponseMs)} ms p50 / p99`;
  const after = `${known(refusalsPerSecond, grouped)} refusals/s, ${tail(drainResponseMs)} ms`;
  return `${strategy}: ${grouped(stock)} units sold in ${(sellingMs / 1_000).toFixed(1)} s: ${selling}; sold out: ${after}`;
}

function offeredTable(offered: BenchResult['offered'], window: Window): string {
  const rows = offered.flatMap(({ strategy, capacity, points }) =>
    points.map((point, i) => [
      i === 0 ? strategy : '',
      grouped(point.ratePerSecond),
      `${Math.round((100 * point.ratePerSecond) / capacity)} %`,
      point.saturated ? 'saturated' : tail(point.responseMs),
      grouped(point.unsent),
    ]),
  );
  const head = ['rates offered to', 'arrivals/s', 'of capacity', 'response p50 / p99 ms', 'unsent'];
  return textTable(head, rows, [1, 2, 3, 4], window);
}

function ceilingTable(ceilings: readonly Ceiling[], window: Window): string {
  const head = ['ceiling in the same rounds', 'by', 'in flight', 'pipeline', 'operations/s'];
  const rows = ceilings.map(({ command, tool, inFlight, pipeline, opsPerSecond }) => [
    command,
    tool,
    grouped(inFlight),
    String(pipeline),
    known(opsPerSecond, grouped),
  ]);
  return textTable(head, rows, [2, 3, 4], window);
}

function controlLine(
  { strategy, trials, ratio, differs: wrong }: NonNullable<BenchResult['control']>,
  window: Window,
): string {
  const measured = `A/A control: ${strategy} against itself ${ratioText(ratio)}, n = ${trials}`;
  if (ratio.low === null) return `${measured}; too few trials for an interval, which needs 6`;
  return wrong
    ? `${measured}: ${ink(window, 'bad', 'DIFFERS')}. By chance that happens once in 20 sessions; otherwise something disturbed this one: do not trust its ratios, measure again`
    : `${measured}: no detectable difference, as it should be`;
}

/** The most frequent come first. */
const MOST_ERRORS = 3;

/** A message of Redis begins with its kind. */
const spoken = (kind: string, message: string): string =>
  message.startsWith(`${kind} `) ? message : `${kind}: ${message}`;

const errorLine =
  (strategy: string) =>
  ({ count, kind, message, at }: BenchRow['errors'][number]): string =>
    `${strategy} failed ${count === 1 ? 'once' : `${grouped(count)} times`}: ${spoken(kind.split(':', 1).join(''), message)}${at === undefined ? '' : ` at ${at}`}`;

function notes(rows: readonly BenchRow[]): string[] {
  const held = rows.filter(({ bottleneck }) => bottleneck === 'client').map(({ strategy }) => strategy);
  const unsteady = rows.filter((row) => row.unsteady > 0).map((row) => row.strategy);
  const lines = [
    ...rows.flatMap(({ strategy, clients }) =>
      clients ? [`${strategy} uses ${ownClientsText(clients)}.`] : [],
    ),
    ...(held.length > 0
      ? [`The client, not Redis, was the bottleneck of ${held.join(', ')}: the server may do more.`]
      : []),
    ...(unsteady.length > 0
      ? [`Never steady in some trials: ${unsteady.join(', ')}. Give more --seconds, or a quieter machine.`]
      : []),
    ...rows.flatMap(({ strategy, errors }) => errors.slice(0, MOST_ERRORS).map(errorLine(strategy))),
  ];
  return lines.length > 0 ? [lines.join('\n')] : [];
}
