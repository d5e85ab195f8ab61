import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { Strategy } from '../strategies/contract.ts';
import { registry } from '../strategies/registry.ts';
import { isSaturated, rowOf, type BenchRow, type References, type Trial } from './bench-row.ts';
import type { Judgement } from './checkers/checker.ts';
import { judge } from './checkers/judge.ts';
import { UsageError } from './errors.ts';
import { writeHistory } from './history/jsonl.ts';
import type { Profile } from './load/arrivals.ts';
import { benchmark, canBenchmark, DECR, ownCommand, PIPELINED, type Ceiling } from './load/ceiling.ts';
import { runLoad } from './load/driver.ts';
import { planLoad, type LoadOptions } from './load/options.ts';
import { SessionPool } from './load/pool.ts';
import { differs, median, pairedRatio, type Interval } from './load/statistics.ts';
import { sweep, type ResponseTarget, type Sweep } from './load/sweep.ts';
import { runRounds, type Measured } from './load/trials.ts';
import { describeMachine, type Machine } from './machine.ts';
import { seededRandom } from './random.ts';
import { missingNeeds } from './redis/capabilities.ts';
import { loadStrategy, type StrategyRef } from './strategy-loader.ts';

export interface BenchOptions extends Pick<
  LoadOptions,
  'target' | 'buyers' | 'inFlight' | 'workers' | 'seconds' | 'arrivals' | 'seed' | 'signal'
> {
  /** Empty: every built-in. */
  strategies: readonly StrategyRef[];
  /** How often each is measured; from two on, the baseline is measured against itself too. Default 1. */
  trials?: number;
  /** Name of the strategy that the others are compared with. Default: the first one. */
  baseline?: string;
  /** Whether to measure what the server can do at best, in the same rounds. */
  ceiling?: boolean;
  /** Then look for the highest rate of an open loop that meets the target. */
  slo?: { target: ResponseTarget; profile: Profile };
  /** Units. Default: more than can be sold in the time, so that the selling phase is measured. */
  stock?: number;
  /** Folder for one history per strategy, of its last trial, `<strategy>.jsonl`. */
  historyFolder?: string;
  /** Told what is measured next; round 0: outside of the rounds. */
  onTrial?: (name: string, round: number) => void;
}

export interface BenchResult {
  environment: Machine;
  seed: number;
  ceiling: Ceiling[];
  baseline: string | null;
  /** The baseline against itself: an interval without 1 says that the session's figures are not to be trusted. */
  control: { strategy: string; trials: number; ratio: Interval; differs: boolean } | null;
  strategies: (BenchRow | SkippedRow)[];
  /** Which rate met a target for the response time, where somebody asked. */
  sweeps: ({ strategy: string } & Sweep)[];
}

/** The server lacks what the strategy needs. Never a pass. */
interface SkippedRow {
  strategy: string;
  skipped: string;
}

const PLENTY = 10_000_000;
const SECONDS = 1;
const JUDGE_MS = 10_000;

/**
 * A sale whose end is reached under contention: each instance has more in flight than there are units. While units
 * last, a wrong strategy is as good as a right one, so the measured sale alone would prove nothing.
 */
const SAFETY = { stock: 16, buyers: 512, inFlight: 64, workers: 2 };

/** A strategy of the session, and what is known of it so far. */
interface Candidate {
  strategy: Strategy;
  load: LoadOptions;
  skipped?: string;
  judgements: Judgement[];
  trials: Trial[];
  sweep?: Sweep;
  /** Name of the ceiling with its own command. */
  ceiling?: string;
}

/** One column of the session's rounds that is no strategy: a ceiling, or the baseline once more. */
interface Column {
  ceiling: Omit<Ceiling, 'opsPerSecond'>;
  opsPerSecond: (number | null)[];
}

/**
 * One session: safety first, then every strategy and every ceiling once a round.
 *
 * @throws UsageError if the options make no sense; EnvironmentError if Redis, a worker or redis-benchmark fails
 */
export async function bench(options: BenchOptions): Promise<BenchResult> {
  const candidates = await choose(options);
  if (options.historyFolder !== undefined) await mkdir(options.historyFolder, { recursive: true });
  await using pool = new SessionPool();
  const running: Candidate[] = [];
  for (const candidate of candidates) {
    if (options.signal?.aborted) break;
    const skipped = await missingNeeds(options.target, candidate.strategy);
    if (skipped !== undefined) candidate.skipped = skipped;
    else {
      await proveSafety(candidate, options, pool);
      running.push(candidate);
    }
  }
  const baseline = running.find(({ strategy }) => strategy.name === options.baseline) ?? running[0];
  const columns = options.ceiling === true ? await ceilingsOf(running, options, pool) : [];
  const again: Candidate | undefined =
    baseline && (options.trials ?? 1) > 1 ? { ...baseline, judgements: [], trials: [] } : undefined;
  const measured = [
    ...running.map((candidate) => trialOf(candidate, options, pool)),
    ...columns.map(({ measured: column }) => column),
    ...(again ? [trialOf(again, options, pool, 'A/A control: ')] : []),
  ];
  const random = seededRandom(options.seed).fork('rounds');
  await runRounds(measured, options.trials ?? 1, random, options);
  if (options.slo) {
    for (const candidate of running) await findRate(candidate, options.slo, options, pool);
  }
  return summary(options, candidates, columns, baseline, again);
}

async function choose(options: BenchOptions): Promise<Candidate[]> {
  const refs = options.strategies.length > 0 ? options.strategies : everyBuiltIn();
  const candidates: Candidate[] = [];
  for (const ref of refs) {
    const strategy = await loadStrategy(ref);
    const load = loadOptions(ref, options);
    planLoad(load, strategy); // before anything is sent on behalf of any of them
    candidates.push({ strategy, load, judgements: [], trials: [] });
  }
  const names = candidates.map(({ strategy }) => strategy.name);
  if (options.baseline !== undefined && !names.includes(options.baseline)) {
    throw new UsageError(
      'UNKNOWN_BASELINE',
      `the baseline "${options.baseline}" is not measured in this session`,
      `choose one of ${names.join(', ')}, or measure it too`,
    );
  }
  return candidates;
}

const everyBuiltIn = (): StrategyRef[] => registry.map(({ strategy }) => ({ name: strategy.name }));

function loadOptions(strategy: StrategyRef, options: BenchOptions): LoadOptions {
  const endless = options.buyers === undefined && options.seconds === undefined;
  return { ...options, strategy, stock: options.stock ?? PLENTY, ...(endless && { seconds: SECONDS }) };
}

async function proveSafety(
  { load, judgements }: Candidate,
  { onTrial }: BenchOptions,
  pool: SessionPool,
): Promise<void> {
  const { target, strategy, seed, signal } = load;
  onTrial?.(`${'name' in strategy ? strategy.name : strategy.path}: a sale fought for`, 0);
  const options = { target, strategy, seed, ...SAFETY, ...(signal && { signal }) };
  const { history } = await pool.lend(SAFETY.workers, (threads) => runLoad(options, threads));
  judgements.push(judge(history, { timeoutMs: JUDGE_MS }));
}

/** Sells once, judges what was sold, and keeps the figures. */
function trialOf(
  candidate: Candidate,
  { historyFolder }: BenchOptions,
  pool: SessionPool,
  prefix = '',
): Measured {
  const { strategy, load, judgements, trials } = candidate;
  const { workers } = planLoad(load, strategy);
  const measure = async (): Promise<void> => {
    const { history, ...trial } = await pool.lend(workers, (threads) => runLoad(load, threads));
    judgements.push(judge(history, { timeoutMs: JUDGE_MS }));
    trials.push(trial);
    if (historyFolder !== undefined)
      await writeHistory(join(historyFolder, `${trial.strategy}.jsonl`), history);
  };
  return { name: prefix + strategy.name, measure };
}

/** After the trials, whose closed loop tells how far there is to look. */
async function findRate(
  candidate: Candidate,
  { target, profile }: NonNullable<BenchOptions['slo']>,
  { onTrial, signal }: BenchOptions,
  pool: SessionPool,
): Promise<void> {
  const { strategy, load, trials, judgements } = candidate;
  const capacity = median(trials.flatMap(({ salesPerSecond }) => salesPerSecond ?? []));
  if (capacity === null) return;
  candidate.sweep = await sweep(target, capacity, async (ratePerSecond) => {
    signal?.throwIfAborted();
    onTrial?.(`${strategy.name}: ${Math.round(ratePerSecond)} arrivals/s`, 0);
    // How many are in flight is up to the buyers now.
    const { inFlight: _, buyers: __, ...rest } = load;
    const open: LoadOptions = {
      ...rest,
      seconds: load.seconds ?? SECONDS,
      arrivals: { profile, ratePerSecond },
    };
    const { workers } = planLoad(open, strategy);
    const { history, ...trial } = await pool.lend(workers, (threads) => runLoad(open, threads));
    judgements.push(judge(history, { timeoutMs: JUDGE_MS }));
    const { salesPerSecond, unsent, times } = trial;
    return {
      salesPerSecond,
      unsent,
      saturated: isSaturated(trial),
      responseMs: times.response.percentiles(),
    };
  });
}

type MeasuredColumn = Column & { measured: Measured };

/** Each candidate's own command, and DECR, by redis-benchmark; and a PING by our own engine. */
async function ceilingsOf(
  candidates: readonly Candidate[],
  options: BenchOptions,
  pool: SessionPool,
): Promise<MeasuredColumn[]> {
  const columns: MeasuredColumn[] = [];
  const { target } = options;
  const [first] = candidates;
  if (!first) return columns;
  const { inFlight } = planLoad(first.load, first.strategy);
  if (canBenchmark(target)) {
    const commands = [DECR];
    for (const candidate of candidates) {
      const own = await ownCommand(target, candidate.strategy);
      candidate.ceiling = own?.command ?? DECR.command;
      if (own) commands.push(own);
    }
    for (const repeatable of commands) {
      for (const load of [{ clients: inFlight, pipeline: 1 }, PIPELINED]) {
        const ceiling = {
          tool: 'redis-benchmark',
          command: repeatable.command,
          inFlight: load.clients * load.pipeline,
          pipeline: load.pipeline,
        } as const;
        const opsPerSecond: (number | null)[] = [];
        const measure = async (): Promise<void> =>
          void opsPerSecond.push(await benchmark(target, repeatable, load, opsPerSecond.at(-1) ?? null));
        const name = `redis-benchmark ${repeatable.command}, pipeline of ${load.pipeline}`;
        columns.push({ ceiling, opsPerSecond, measured: { name, measure } });
      }
    }
  }
  columns.push(enginesOwn(first, inFlight, pool));
  return columns;
}

/** What our own engine does at best, in a closed loop. */
function enginesOwn({ load, strategy }: Candidate, inFlight: number, pool: SessionPool): MeasuredColumn {
  const opsPerSecond: (number | null)[] = [];
  const { arrivals: _, ...closed } = load;
  const { workers } = planLoad(load, strategy);
  const ping: LoadOptions = { ...closed, strategy: NO_OP, inFlight, workers };
  const measure = async (): Promise<void> => {
    const { salesPerSecond } = await pool.lend(workers, (threads) => runLoad(ping, threads));
    opsPerSecond.push(salesPerSecond);
  };
  const ceiling = { tool: 'oversell', command: 'PING', inFlight, pipeline: 1 } as const;
  return { ceiling, opsPerSecond, measured: { name: 'oversell PING', measure } };
}

const NO_OP: StrategyRef = { path: fileURLToPath(import.meta.resolve('#no-op')), export: 'noOp' };

function summary(
  { target, seed, arrivals }: BenchOptions,
  candidates: readonly Candidate[],
  columns: readonly Column[],
  baseline: Candidate | undefined,
  again: Candidate | undefined,
): BenchResult {
  const random = seededRandom(seed).fork('intervals');
  const salesOf = ({ trials }: Candidate): (number | null)[] =>
    trials.map(({ salesPerSecond }) => salesPerSecond);
  const referencesOf = (candidate: Candidate): References => {
    const column = columns.find(
      ({ ceiling }) => ceiling.command === candidate.ceiling && ceiling.pipeline === 1,
    );
    return {
      ceiling: column && { name: column.ceiling.command, opsPerSecond: column.opsPerSecond },
      baseline: baseline && baseline !== candidate ? salesOf(baseline) : undefined,
    };
  };
  const ratio = baseline && again && pairedRatio(salesOf(again), salesOf(baseline), random);
  return {
    environment: describeMachine(target.description),
    seed,
    ceiling: columns.map(({ ceiling, opsPerSecond }) => ({
      ...ceiling,
      opsPerSecond: median(opsPerSecond.filter((value) => value !== null)),
    })),
    baseline: baseline?.strategy.name ?? null,
    control:
      ratio && ratio.median !== null
        ? {
            strategy: baseline.strategy.name,
            trials: again.trials.length,
            ratio,
            differs: differs(ratio),
          }
        : null,
    strategies: candidates.flatMap((candidate): (BenchRow | SkippedRow)[] => {
      const { strategy, skipped, trials, judgements } = candidate;
      if (skipped !== undefined) return [{ strategy: strategy.name, skipped }];
      if (trials.length === 0) return [];
      return [rowOf(trials, judgements, referencesOf(candidate), arrivals ?? null, random)];
    }),
    sweeps: candidates.flatMap(({ strategy, sweep: found }) =>
      found ? [{ strategy: strategy.name, ...found }] : [],
    ),
  };
}
