import type { BenchResult, BenchRow, Interval } from '../../harness/documents/figures.ts';
import { asFile, requireFile, writeWhole, type Keeper } from '../../harness/documents/write-file.ts';

/** One figure, with its 95 % interval where there is one. */
interface Metric {
  value: number;
  lower_value?: number;
  upper_value?: number;
}

type Metrics = Record<string, Metric>;

/** What is measured in these two, and in what unit, is Bencher's own: nanoseconds, and operations per second. */
const NS_PER_MS = 1e6;

const FIRST_WORDS = 'oversell bench ';

/**
 * Before the run.
 *
 * @param file undefined: nothing is wanted
 * @returns what writes the figures there after it
 * @throws UsageError if it could not be written, or is somebody else's
 */
export function keepBencher(file: string | undefined): (benched: Benched, keeper: Keeper) => void {
  if (file === undefined) return () => undefined;
  requireFile('--bencher', file, isBencher);
  return (benched, keeper) => {
    keeper.keep(() => writeWhole(file, asFile(bencher(benched))));
  };
}

/** Whether this is the text of such a file, which may be written again. */
export function isBencher(text: string): boolean {
  if (text === asFile({})) return true; // nothing held
  try {
    const names = Object.keys(JSON.parse(text) as object);
    return names.length > 0 && names.every((name) => name.startsWith(FIRST_WORDS));
  } catch {
    return false;
  }
}

/**
 * Figures in Bencher's Metric Format, for a service that follows them from commit to commit: a benchmark for each strategy,
 * or for the service that was measured. One that does not hold is left out, as its figures are void; so is a figure that was
 * not measured.
 *
 * @see https://bencher.dev/docs/reference/bencher-metric-format/
 */
export function bencher({ strategies, sweeps = [] }: Benched): Record<string, Metrics> {
  const rows = strategies.flatMap((row) => ('skipped' in row || row.verdict !== 'holds' ? [] : [row]));
  const held = new Set(rows.map(({ strategy }) => strategy));
  return Object.fromEntries([
    ...rows.map((row) => [nameOf(row), metricsOf(row)] as const),
    ...sweeps.flatMap((sweep) => (held.has(sweep.strategy) ? rateWithin(sweep) : [])),
  ]);
}

type Benched = Pick<BenchResult, 'strategies'> & Partial<Pick<BenchResult, 'sweeps'>>;

/** Two loads are two benchmarks: a figure of one says nothing of the other. */
function nameOf({ strategy, arrivals, inFlight }: BenchRow): string {
  const load = arrivals
    ? `${arrivals.profile} arrivals, ${arrivals.ratePerSecond} a second`
    : `${inFlight} in flight`;
  return `${FIRST_WORDS}${strategy}, ${load}`;
}

function metricsOf(row: BenchRow): Metrics {
  const { responseMs, salesPerSecond } = row;
  return measured({
    throughput: ofInterval(salesPerSecond),
    latency: of(responseMs.p50, NS_PER_MS),
    'latency-p99': of(responseMs.p99, NS_PER_MS),
    'commands-per-sale': of(row.commandsPerSale),
    'round-trips-per-sale': of(row.roundTripsPerSale),
    'retries-per-sale': of(row.retriesPerSale),
  });
}

const rateWithin = ({ strategy, target, highestRate }: BenchResult['sweeps'][number]): [string, Metrics][] =>
  highestRate === null
    ? []
    : [
        [
          `${FIRST_WORDS}${strategy}, ${target.percentile} within ${target.ms} ms`,
          { throughput: { value: highestRate } },
        ],
      ];

const of = (value: number | null, times = 1): Metric | undefined =>
  value === null ? undefined : { value: value * times };

const ofInterval = ({ median, low, high }: Interval): Metric | undefined =>
  median === null
    ? undefined
    : {
        value: median,
        ...(low !== null && { lower_value: low }),
        ...(high !== null && { upper_value: high }),
      };

const measured = (metrics: Record<string, Metric | undefined>): Metrics =>
  Object.fromEntries(Object.entries(metrics).flatMap(([name, metric]) => (metric ? [[name, metric]] : [])));
