import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PROPERTIES, type Property, type Strategy } from '../strategies/contract.ts';
import { registry } from '../strategies/registry.ts';
import { worst, type Judgement, type Verdict } from './checkers/checker.ts';
import { judge } from './checkers/judge.ts';
import { writeHistory } from './history/jsonl.ts';
import { runLoad } from './load/driver.ts';
import type { Failure } from './load/failures.ts';
import { planLoad, type LoadOptions } from './load/options.ts';
import type { Percentiles } from './load/response-time.ts';
import type { Ended, LoadRun } from './load/summary.ts';
import type { Bottleneck } from './load/usage.ts';
import { describeMachine, type Machine } from './machine.ts';
import { missingNeeds } from './redis/capabilities.ts';
import { loadStrategy, type StrategyRef } from './strategy-loader.ts';

export interface BenchOptions extends Pick<
  LoadOptions,
  'target' | 'buyers' | 'inFlight' | 'workers' | 'seconds' | 'seed' | 'signal'
> {
  /** Empty: every built-in. */
  strategies: readonly StrategyRef[];
  /** Units. Default: more than can be sold in the time, so that the selling phase is measured. */
  stock?: number;
  /** Folder for one history per strategy, `<strategy>.jsonl`. */
  historyFolder?: string;
  /** Told of each row as soon as it is known. */
  onRow?: (row: BenchRow | SkippedRow) => void;
}

export interface BenchResult {
  environment: Machine;
  strategies: (BenchRow | SkippedRow)[];
}

/** The server lacks what the strategy needs. Never a pass. */
interface SkippedRow {
  strategy: string;
  skipped: string;
}

/** What one strategy did. A figure that was not measured is null. */
export interface BenchRow {
  strategy: string;
  /** The next request waits for the last response; response time and service time are then the same. */
  mode: 'closed';
  inFlight: number;
  connections: number;
  trials: 1;
  ended: Ended;
  /** Of the selling phase; one trial has no interval. */
  salesPerSecond: { median: number | null; low: null; high: null };
  responseMs: Percentiles;
  commandsPerSale: number | null;
  gaveUp: number;
  unknown: number;
  errors: Failure[];
  /** Cores. */
  clientCpu: number;
  serverCpu: number | null;
  bottleneck: Bottleneck | null;
  /** The worst of all properties. Where it is not `holds`, the figures are void. */
  verdict: 'holds' | 'violated' | 'inconclusive';
  properties: Record<Property, Verdict>;
}

const PLENTY = 10_000_000;
const SECONDS = 3;
const JUDGE_MS = 10_000;

/**
 * A sale whose end is reached under contention: each instance has more in flight than there are units. While units
 * last, a wrong strategy is as good as a right one, so the measured sale alone would prove nothing.
 */
const SAFETY = { stock: 16, buyers: 512, inFlight: 64, workers: 2 };

/**
 * Measures one strategy after the other, safety first.
 *
 * @throws UsageError if the options make no sense; EnvironmentError if Redis or a worker fails
 */
export async function bench(options: BenchOptions): Promise<BenchResult> {
  const refs = options.strategies.length > 0 ? options.strategies : everyBuiltIn();
  const chosen: { strategy: Strategy; measured: LoadOptions }[] = [];
  for (const ref of refs) {
    const strategy = await loadStrategy(ref);
    const measured = loadOptions(ref, options);
    planLoad(measured, strategy); // before anything is sent on behalf of any of them
    chosen.push({ strategy, measured });
  }
  if (options.historyFolder !== undefined) await mkdir(options.historyFolder, { recursive: true });
  const strategies: BenchResult['strategies'] = [];
  for (const { strategy, measured } of chosen) {
    if (options.signal?.aborted) break;
    const skipped = await missingNeeds(options.target, strategy);
    const row =
      skipped === undefined
        ? await measure(measured, options.historyFolder)
        : { strategy: strategy.name, skipped };
    strategies.push(row);
    options.onRow?.(row);
  }
  return { environment: describeMachine(options.target.description), strategies };
}

const everyBuiltIn = (): StrategyRef[] => registry.map(({ strategy }) => ({ name: strategy.name }));

function loadOptions(strategy: StrategyRef, options: BenchOptions): LoadOptions {
  const endless = options.buyers === undefined && options.seconds === undefined;
  return { ...options, strategy, stock: options.stock ?? PLENTY, ...(endless && { seconds: SECONDS }) };
}

async function measure(measured: LoadOptions, historyFolder: string | undefined): Promise<BenchRow> {
  const { target, strategy, seed, signal } = measured;
  const safety = await runLoad({ target, strategy, seed, ...SAFETY, ...(signal && { signal }) });
  const run = await runLoad(measured);
  const judgements = [safety, run].map(({ history }) => judge(history, { timeoutMs: JUDGE_MS }));
  if (historyFolder !== undefined) {
    await writeHistory(join(historyFolder, `${run.strategy}.jsonl`), run.history);
  }
  return rowOf(run, judgements);
}

function rowOf(run: LoadRun, judgements: readonly Judgement[]): BenchRow {
  const properties = Object.fromEntries(
    PROPERTIES.map((property) => [
      property,
      together(judgements.map((judgement) => judgement[property].verdict)),
    ]),
  ) as Record<Property, Verdict>;
  return {
    strategy: run.strategy,
    mode: run.mode,
    inFlight: run.inFlight,
    connections: run.connections,
    trials: 1,
    ended: run.ended,
    salesPerSecond: { median: run.salesPerSecond, low: null, high: null },
    responseMs: run.responseMs,
    commandsPerSale: run.commandsPerSale,
    gaveUp: run.outcomes['gave-up'],
    unknown: run.outcomes.unknown,
    errors: run.errors,
    clientCpu: run.clientCpu,
    serverCpu: run.serverCpu ?? null,
    bottleneck: run.bottleneck ?? null,
    verdict: worst(Object.values(properties)),
    properties,
  };
}

/** One property in several runs: n/a only if it is so in all of them. */
function together(verdicts: readonly Verdict[]): Verdict {
  return verdicts.every((verdict) => verdict === 'n/a') ? 'n/a' : worst(verdicts);
}
