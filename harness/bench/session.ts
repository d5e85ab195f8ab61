import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sellOnce, verdictsOf, type Candidate } from './candidate.ts';
import { findRate, offerLoad, sellOut } from './capacity.ts';
import { ceilingsOf, type BenchCeilings, type Column } from './ceilings.ts';
import type { BenchResult, BenchRow, ResponseTarget, SkippedRow } from '../documents/figures.ts';
import { roundTripMs } from './round-trip.ts';
import { rowOf, type References } from './row.ts';
import type { ArrivalProfile } from '../documents/vocabulary.ts';
import type { Keeper } from '../documents/write-file.ts';
import { worst } from '../checkers/checker.ts';
import { UsageError } from '../ground/errors.ts';
import { chooseOne } from '../ground/similar.ts';
import { writeHistory } from '../history/jsonl.ts';
import { planLoad, type LoadOptions } from '../load/run-options.ts';
import { SessionPool } from '../load/pool.ts';
import { differs } from '../documents/intervals.ts';
import { median, pairedRatio } from './statistics.ts';
import { runRounds, untilAborted, type Measured } from './trials.ts';
import { describeMachine, type Machine } from '../documents/machine.ts';
import { seededRandom } from '../ground/random.ts';
import { missingNeeds, missingReplicas } from '../redis/capabilities.ts';
import type { LoadedStrategy } from '../loader/strategies.ts';

export interface BenchOptions extends Pick<
  LoadOptions,
  'target' | 'buyers' | 'inFlight' | 'workers' | 'seconds' | 'arrivals' | 'seed' | 'signal'
> {
  strategies: readonly LoadedStrategy[];
  /** How often each is measured; from two on, the baseline is measured against itself too. Default 1. */
  trials?: number;
  /** Name of the strategy that the others are compared with. Default: the first one. */
  baseline?: string;
  /** Measure what the server can do at best, in the same rounds. */
  ceiling?: BenchCeilings;
  /** Then offer rates up to the capacity to those that this chooses of what was measured. */
  offer?: { profile: ArrivalProfile; choose: (rows: readonly BenchRow[]) => readonly string[] };
  /** Then sell one sale to its end, in so many seconds. */
  sellOutSeconds?: number;
  /** Then look for the highest rate of an open loop that meets the target. */
  slo?: { target: ResponseTarget; profile: ArrivalProfile };
  /** Units. Default: more than can be sold in the time, so that the selling phase is measured. */
  stock?: number;
  /** Folder for one history per strategy, of its last trial, `<strategy>.jsonl`. */
  historyFolder?: string;
  /** Knows of those that could not be written. Default: the session fails. */
  keeper?: Keeper;
  /** Told where it is measured, before anything is sold: figures are read with it. The round trip is in milliseconds. */
  onBegin?: (environment: Machine, roundTripMs: number) => void;
  /** Told what is measured next; round 0: outside of the rounds. */
  onTrial?: (name: string, round: number) => void;
  /** Told, once it is known, how much is measured in a round. */
  onRounds?: (each: number) => void;
}

const PLENTY = 10_000_000;
/** More than any of our engines sells in a second, and little enough for strategies that keep a token a unit. */
const PLENTY_A_SECOND = 2_000_000;
const SECONDS = 1;

/**
 * A sale whose end is reached under contention: each instance has more in flight than there are units. While units
 * last, a wrong strategy is as good as a right one, so the measured sale alone would prove nothing.
 */
const SAFETY = { stock: 16, buyers: 512, inFlight: 64, workers: 2 };

/**
 * One session: safety first, then every strategy and every ceiling once a round.
 *
 * @throws UsageError if the options make no sense; EnvironmentError if Redis, a worker or redis-benchmark fails
 */
export async function bench(options: BenchOptions): Promise<BenchResult> {
  const candidates = candidatesOf(options);
  if (options.historyFolder !== undefined) await mkdir(options.historyFolder, { recursive: true });
  const tripMs = options.onBegin && (await beginning(options));
  await using pool = new SessionPool();
  const running: Candidate[] = [];
  for (const candidate of candidates) {
    if (options.signal?.aborted) break;
    await untilAborted(options.signal, async () => {
      if (await isSafe(candidate, options, pool)) running.push(candidate);
    });
  }
  const baseline = running.find(({ strategy }) => strategy.name === options.baseline) ?? running[0];
  const columns: Awaited<ReturnType<typeof ceilingsOf>> = [];
  await untilAborted(options.signal, async () => {
    if (options.ceiling !== undefined) columns.push(...(await ceilingsOf(running, options, pool)));
  });
  const again: Candidate | undefined =
    baseline && (options.trials ?? 1) > 1 ? { ...baseline, judgements: [], trials: [] } : undefined;
  const measured = [
    ...running.map((candidate) => trialOf(candidate, options, pool)),
    ...columns.map(({ measured: column }) => column),
    ...(again ? [trialOf(again, options, pool, 'A/A control: ')] : []),
  ];
  options.onRounds?.(measured.length);
  const random = seededRandom(options.seed).fork('rounds');
  await runRounds(measured, options.trials ?? 1, random, options);
  const result = (): BenchResult => summary(options, { candidates, columns, baseline, again, tripMs });
  await untilAborted(options.signal, () => atCapacity(running, options, pool, result));
  return result();
}

/** @returns the round trip in milliseconds; undefined if the session is cut short meanwhile */
async function beginning({ target, signal, onBegin }: BenchOptions): Promise<number | undefined> {
  let tripMs: number | undefined;
  await untilAborted(signal, async () => {
    tripMs = await roundTripMs(target);
    onBegin?.(describeMachine(target.description), tripMs);
  });
  return tripMs;
}

/** After the trials, whose closed loop tells how much each can do. */
async function atCapacity(
  running: readonly Candidate[],
  options: BenchOptions,
  pool: SessionPool,
  soFar: () => BenchResult,
): Promise<void> {
  const { slo, offer, sellOutSeconds, signal } = options;
  const sound = running.filter(({ judgements }) => worst(judgements.flatMap(verdictsOf)) === 'holds');
  if (sellOutSeconds !== undefined) {
    for (const candidate of sound) {
      signal?.throwIfAborted();
      await sellOut(candidate, sellOutSeconds, options, pool);
    }
  }
  if (offer) {
    const rows = soFar().strategies.flatMap((row) => ('skipped' in row ? [] : row));
    const chosen = offer.choose(rows.filter(({ verdict }) => verdict === 'holds'));
    for (const candidate of sound) {
      if (chosen.includes(candidate.strategy.name)) await offerLoad(candidate, offer.profile, options, pool);
    }
  }
  for (const candidate of slo ? running : []) await findRate(candidate, slo!, options, pool);
}

function candidatesOf(options: BenchOptions): Candidate[] {
  const candidates = options.strategies.map((loaded): Candidate => {
    const load = loadOptions(loaded, options);
    planLoad(load); // before anything is sent on behalf of any of them
    return { strategy: loaded.strategy, load, judgements: [], trials: [] };
  });
  const names = candidates.map(({ strategy }) => strategy.name);
  if (options.baseline !== undefined && !names.includes(options.baseline)) {
    const others = `${chooseOne(options.baseline, names)}, or measure it too`;
    throw noBaseline(options.baseline, 'is not measured in this session', others);
  }
  return candidates;
}

const noBaseline = (name: string, why: string, remedy = 'choose another one'): UsageError =>
  new UsageError('UNKNOWN_BASELINE', `the baseline "${name}" ${why}`, remedy);

function loadOptions(strategy: LoadedStrategy, options: BenchOptions): LoadOptions {
  const seconds = options.seconds ?? (options.buyers === undefined ? SECONDS : undefined);
  const plenty = seconds === undefined ? PLENTY : Math.ceil(PLENTY_A_SECOND * seconds);
  return {
    ...options,
    strategy,
    stock: options.stock ?? Math.min(PLENTY, plenty),
    ...(seconds !== undefined && { seconds }),
  };
}

/** Whether it can be measured: a contended sale comes first. */
async function isSafe(candidate: Candidate, options: BenchOptions, pool: SessionPool): Promise<boolean> {
  const { strategy } = candidate;
  const { target, baseline } = options;
  const skipped = (await missingNeeds(target, strategy)) ?? (await missingReplicas(target, strategy));
  if (skipped === undefined) {
    await proveSafety(candidate, options, pool);
    return true;
  }
  candidate.skipped = skipped;
  if (strategy.name === baseline) throw noBaseline(baseline, `is skipped: ${skipped}`);
  return false;
}

async function proveSafety(
  candidate: Candidate,
  { onTrial }: BenchOptions,
  pool: SessionPool,
): Promise<void> {
  const { target, strategy, seed, signal } = candidate.load;
  onTrial?.(`${strategy.path ?? strategy.strategy.name}: safety check: a contended sale`, 0);
  await sellOnce(candidate, { target, strategy, seed, ...SAFETY, ...(signal && { signal }) }, pool);
}

/** Sells once, judges what was sold, and keeps the figures. */
function trialOf(
  candidate: Candidate,
  { historyFolder, keeper }: BenchOptions,
  pool: SessionPool,
  prefix = '',
): Measured {
  const { strategy, load, trials } = candidate;
  const measure = async (): Promise<void> => {
    const { history, ...trial } = await sellOnce(candidate, load, pool);
    // Half a trial says less than those that came to their end.
    if (trial.ended === 'aborted' && trials.length > 0) return;
    trials.push(trial);
    if (historyFolder === undefined) return;
    const file = join(historyFolder, `${trial.strategy}.jsonl`);
    const write = (): Promise<void> => writeHistory(file, history);
    await (keeper ? keeper.keepSoon(write) : write());
  };
  return { name: prefix + strategy.name, measure };
}

const salesOf = ({ trials }: Candidate): (number | null)[] =>
  trials.map(({ salesPerSecond }) => salesPerSecond);

/** What a session has measured so far. */
interface MeasuredSession {
  candidates: readonly Candidate[];
  columns: readonly Column[];
  baseline: Candidate | undefined;
  /** The baseline once more, for the control. */
  again: Candidate | undefined;
  /** Of one PING after another, in milliseconds. */
  tripMs: number | undefined;
}

function summary(
  { target, seed, arrivals }: BenchOptions,
  { candidates, columns, baseline, again, tripMs }: MeasuredSession,
): BenchResult {
  const referencesOf = (candidate: Candidate): References => {
    const column = columns.find(
      ({ ceiling }) => ceiling.command === candidate.ceiling && ceiling.pipeline === 1,
    );
    return {
      ceiling: column && { name: column.ceiling.command, opsPerSecond: column.opsPerSecond },
      baseline: baseline && baseline !== candidate ? salesOf(baseline) : undefined,
    };
  };
  const ratio = baseline && again && pairedRatio(salesOf(again), salesOf(baseline));
  return {
    environment: describeMachine(target.description),
    ...(tripMs !== undefined && { roundTripMs: tripMs }),
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
      return [rowOf(trials, judgements, referencesOf(candidate), arrivals ?? null)];
    }),
    sweeps: named(candidates, ({ sweep }) => sweep),
    offered: named(candidates, ({ offered }) => offered),
    courses: named(candidates, ({ course }) => course),
  };
}

/** What there is of it, each with its strategy's name. */
const named = <T>(
  candidates: readonly Candidate[],
  of: (candidate: Candidate) => T | undefined,
): ({ strategy: string } & T)[] =>
  candidates.flatMap((candidate) => {
    const found = of(candidate);
    return found === undefined ? [] : [{ strategy: candidate.strategy.name, ...found }];
  });
