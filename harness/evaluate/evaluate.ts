import { join, relative } from 'node:path';
import { registry } from '../../strategies/registry.ts';
import { isoTime, systemClock as clock } from '../ground/ambient.ts';
import { exploreEnvironments } from './explored.ts';
import { explain, isLoss, RunError } from '../ground/errors.ts';
import { unlessLost } from '../ground/waiting.ts';
import { findings } from '../documents/findings.ts';
import { SessionPool } from '../load/pool.ts';
import { describeMachine } from '../documents/machine.ts';
import { measure } from './measured.ts';
import { PROFILES, type Profile, type ProfileContent } from './profiles.ts';
import type { Progress } from '../ground/progress.ts';
import { missingNeeds, missingReplicas } from '../redis/capabilities.ts';
import { openTarget, type TargetOptions } from '../redis/open.ts';
import { isOfLoss } from '../wire/raw-connection.ts';
import { loadNotice, type RedisTarget } from '../redis/target.ts';
import { requirementsOf } from './requirements.ts';
import { RESULT_VERSION, type Result, type StrategyResult } from '../documents/result.ts';
import { createRunFolder, writeResult } from '../documents/run-folder.ts';
import { Keeper } from '../documents/write-file.ts';
import { salesOf } from './environment-scopes.ts';
import { sampleSale } from './sampled.ts';
import { chosenStrategies, type LoadedStrategy } from '../loader/strategies.ts';

export interface EvaluateOptions extends TargetOptions {
  /** Names and paths; empty: every built-in. */
  strategies: readonly string[];
  profile: Profile;
  seed: number;
  /** Find out what the strategies do not declare. */
  discover: boolean;
  /** Keep every recorded operation in the run's folder. */
  history: boolean;
  /** Where the run's folder is made. */
  runs: string;
  /** The command that repeats this run, for people. */
  command: string;
  version: string;
  progress: Progress;
  signal: AbortSignal;
}

/** What a run came to. */
export interface Evaluated {
  result: Result;
  folder: string;
  /** Knows what of it could not be written down. */
  keeper: Keeper;
}

/** How long what was found may take to be put together once the server is lost. */
const TOGETHER_MS = 2_000;

/**
 * The main job: runs each strategy, judges what it did, and keeps what is known so far in the run's folder. An
 * interruption ends it early, with what there is.
 *
 * @throws UsageError or EnvironmentError if the run cannot go on; its folder, if there is one yet, says `failed`
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluated> {
  const chosen = await chosenStrategies(
    options.strategies.length > 0 ? options.strategies : builtInsOf(options.profile),
  );
  options.progress.now('looking for a redis-server');
  const target = await openTarget({ ...options, onProgress: options.progress.line });
  const notice = loadNotice(target);
  if (notice !== undefined) options.progress.line(notice);
  try {
    const run = new Run(options, target.description);
    try {
      const { signal } = options;
      for (const loaded of chosen) await unlessLost(signal, judgeStrategy(run, target, loaded), TOGETHER_MS);
      await unlessLost(signal, measureAll(run, target, chosen), TOGETHER_MS);
      run.end('complete');
    } catch (error) {
      const { signal } = options;
      await isOfLoss(error, signal); // which may come to be known a moment later
      const reason: unknown = signal.reason;
      // What is under way ends with an error of its own when a fault aborts it.
      const fault = reason instanceof RunError ? reason : signal.aborted ? undefined : error;
      run.end(fault === undefined ? 'interrupted' : 'failed', fault);
      if (fault !== undefined && !isLoss(fault)) throw fault;
    }
    return run;
  } finally {
    options.progress.end();
    await target.close();
  }
}

/** What is run where no strategy is named. */
function builtInsOf(profile: Profile): readonly string[] {
  const content: ProfileContent = PROFILES[profile];
  return content.strategies ?? registry.map(({ strategy }) => strategy.name);
}

/** Built-in strategies that the profile leaves out, so that a run says what it does not speak of. */
function leftOut({ strategies, profile }: EvaluateOptions): { notRun?: string[] } {
  const run = builtInsOf(profile);
  const others = registry.map(({ strategy }) => strategy.name).filter((name) => !run.includes(name));
  return strategies.length === 0 && others.length > 0 ? { notRun: others } : {};
}

/** Runs one strategy in every environment, and adds what was found to the result. */
async function judgeStrategy(run: Run, target: RedisTarget, loaded: LoadedStrategy): Promise<void> {
  const { strategy, path } = loaded;
  const { name, summary } = strategy;
  const builtIn = path === undefined ? registry.find((one) => one.strategy === strategy) : undefined;
  const skipped = await missingNeeds(target, strategy);
  const notSold = await missingReplicas(target, strategy);
  const entry: StrategyResult = {
    name,
    summary,
    file: builtIn?.file ?? relative('', path ?? ''),
    requires: requirementsOf(strategy),
    control: builtIn?.control ?? false,
    ...(skipped !== undefined && { skipped }),
    ...(notSold !== undefined && { notSold }),
    explored: [],
    environments: [],
  };
  run.result.strategies.push(entry);
  if (skipped === undefined) {
    await exploreFirst(run, target, loaded, entry);
    if (notSold === undefined) await sampleNext(run, target, loaded, entry);
  }
  run.save();
}

/** Every interleaving of small sales comes first: it says what a large one could only meet by luck. */
async function exploreFirst(
  run: Run,
  target: RedisTarget,
  loaded: LoadedStrategy,
  entry: StrategyResult,
): Promise<void> {
  if (target.kind === 'borrowed') {
    entry.notExplored = 'exploring needs a server of its own: drop --redis';
    return;
  }
  const { profile, seed, progress, signal } = run.options;
  const { explored: environments, maxStates, auditSamples } = PROFILES[profile];
  const { folder, keeper } = run;
  const options = { environments, maxStates, auditSamples, target, seed, folder, keeper, progress, signal };
  await exploreEnvironments(loaded, options, entry);
  run.save();
  signal.throwIfAborted();
}

/** Large sales under real concurrency, in the orders that happen to occur. */
async function sampleNext(
  { options, folder, keeper }: Run,
  target: RedisTarget,
  loaded: LoadedStrategy,
  entry: StrategyResult,
): Promise<void> {
  const { profile, seed, progress, signal, history } = options;
  const { histories } = PROFILES[profile];
  const kept = history ? { folder: join(folder, 'histories'), keeper } : {};
  // One strategy's threads: what a file leaves running in them must not reach the next one.
  await using pool = new SessionPool();
  for (const sale of salesOf(loaded.strategy)) {
    progress.now(`${entry.name}: ${sale.environment}, ${histories} sales`);
    const sampled = await sampleSale(loaded, sale, { target, pool, histories, seed, signal, ...kept });
    if (sampled) entry.environments.push(sampled);
    signal.throwIfAborted();
  }
}

/** What each strategy costs: in turns, so that nothing that slows the machine down slows one of them alone. */
async function measureAll(
  { options, result }: Run,
  target: RedisTarget,
  chosen: readonly LoadedStrategy[],
): Promise<void> {
  const { seed, progress, profile, signal } = options;
  await measure(result, chosen, PROFILES[profile].bench, { target, seed, progress, signal });
  signal.throwIfAborted();
}

/** A run under way: what is known so far, in memory and in its folder. */
class Run {
  readonly options: EvaluateOptions;
  readonly folder: string;
  readonly result: Result;
  readonly keeper = new Keeper();
  #told = false;
  readonly #startNs = clock.monotonicNs();

  constructor(options: EvaluateOptions, redis: string) {
    const startedAt = clock.epochMs();
    this.options = options;
    this.folder = createRunFolder(options.runs, startedAt, options.seed);
    this.result = {
      version: RESULT_VERSION,
      status: 'running',
      command: options.command,
      seed: options.seed,
      profile: options.profile,
      ...(options.discover && { discover: true }),
      startedAt: isoTime(startedAt),
      elapsedMs: 0,
      machine: { oversell: options.version, ...describeMachine(redis) },
      strategies: [],
      ...leftOut(options),
      findings: [],
    };
    this.save();
  }

  /** Before the end, a disk that is full for a moment loses nothing. */
  save(keeper = new Keeper()): void {
    this.result.elapsedMs = Math.round((clock.monotonicNs() - this.#startNs) / 1e6);
    this.result.findings = findings(this.result.strategies, this.options.discover);
    const written = keeper.keep(() => writeResult(this.folder, this.result));
    if (written || this.#told) return;
    this.#told = true;
    this.options.progress.line(`${keeper.fault!.message}; the run goes on`);
  }

  end(status: Result['status'], error?: unknown): void {
    this.result.status = status;
    if (error !== undefined) this.result.error = explain(error);
    this.save(this.keeper);
  }
}
