import { join, relative } from 'node:path';
import type { Environment } from '../../strategies/contract.ts';
import { registry } from '../../strategies/registry.ts';
import { SAMPLED } from '../documents/environments.ts';
import { isoTime, systemClock as clock } from '../ground/ambient.ts';
import { exploreEnvironments } from './explored.ts';
import { explain, isLoss, RunError } from '../ground/errors.ts';
import { unlessLost } from '../ground/waiting.ts';
import { findings } from '../documents/findings.ts';
import { SessionPool } from '../load/pool.ts';
import { describeMachine } from '../documents/machine.ts';
import { measure, measurements } from './measured.ts';
import { PROFILES, type Profile, type ProfileContent } from './profiles.ts';
import type { Progress } from '../ground/progress.ts';
import { Steps } from '../ground/steps.ts';
import { missingNeeds, missingReplicas } from '../redis/capabilities.ts';
import { Unchanged } from '../loader/unchanged.ts';
import { openTarget, type TargetOptions } from '../redis/open.ts';
import { isOfLoss } from '../wire/raw-connection.ts';
import { loadNotice, type RedisTarget } from '../redis/target.ts';
import { requirementsOf } from './requirements.ts';
import { RESULT_VERSION, type Result, type StrategyResult } from '../documents/result.ts';
import { createRunFolder } from '../documents/run-folder.ts';
import { writeResult } from '../documents/write-result.ts';
import { Keeper } from '../documents/write-file.ts';
import { salesOf } from './environment-scopes.ts';
import { sampleSale } from './sampled.ts';
import { ownClientsOf } from '../loader/own-clients.ts';
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
  /** Told what is going to be run, before anything is. */
  onPlan?: (plan: RunPlan) => void;
  /** Told what is known, as soon as a strategy is done with. */
  onFound?: (result: Result, soFar: { explored: number; sampled: number }) => void;
}

/** What a run is going to do. */
interface RunPlan {
  /** Names of strategies. */
  strategies: readonly string[];
  explored: readonly Environment[];
  sampled: readonly Environment[];
}

/** What a run came to. */
export interface Evaluated {
  result: Result;
  folder: string;
  /** What kept it from more, once something was found. */
  fault?: RunError | undefined;
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
    { connections: 'led' },
  );
  const unchanged = new Unchanged(chosen);
  options.progress.now('looking for a redis-server');
  const target = await openTarget({ ...options, onProgress: options.progress.line });
  const notice = loadNotice(target);
  if (notice !== undefined) options.progress.line(notice);
  try {
    const run = new Run(options, target, chosen);
    options.onPlan?.(planOf(options.profile, target, chosen));
    run.found({ explored: 0, sampled: 0 });
    try {
      const { signal } = options;
      const judged: Judged[] = [];
      for (const loaded of chosen) {
        await unlessLost(signal, exploreFirst(run, target, loaded, judged), TOGETHER_MS);
        run.found({ explored: judged.length, sampled: 0 });
      }
      for (const [i, one] of judged.entries()) {
        await unlessLost(signal, sampleNext(run, target, one), TOGETHER_MS);
        run.found({ explored: judged.length, sampled: i + 1 });
      }
      await unlessLost(signal, measureAll(run, target, chosen), TOGETHER_MS);
      unchanged.require();
      run.end('complete');
    } catch (error) {
      const { signal } = options;
      await isOfLoss(error, signal); // which may come to be known a moment later
      const reason: unknown = signal.reason;
      // What is under way ends with an error of its own when a fault aborts it.
      const fault = reason instanceof RunError ? reason : signal.aborted ? undefined : error;
      run.end(fault === undefined ? 'interrupted' : 'failed', fault);
      run.fault = fault instanceof RunError && !isLoss(fault) && run.hasFound ? fault : undefined;
      if (fault !== undefined && !isLoss(fault) && !run.fault) throw fault;
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

/** A strategy, and what is known of it. */
interface Judged {
  loaded: LoadedStrategy;
  entry: StrategyResult;
}

/** Every interleaving of small sales comes first: it says what a large one could only meet by luck. */
async function exploreFirst(
  run: Run,
  target: RedisTarget,
  loaded: LoadedStrategy,
  judged: Judged[],
): Promise<void> {
  const entry = await entryOf(target, loaded);
  run.result.strategies.push(entry);
  judged.push({ loaded, entry });
  const { profile, seed, progress, signal } = run.options;
  const { explored: environments, maxStates, auditSamples } = PROFILES[profile];
  if (entry.skipped !== undefined) {
    run.steps.skip(environments.length);
  } else if (target.kind === 'borrowed') {
    entry.notExplored = 'exploring needs a server of its own: drop --redis';
  } else {
    const { folder, keeper, steps } = run;
    const kept = { seed, folder, keeper, progress, steps, signal };
    await exploreEnvironments(loaded, { environments, maxStates, auditSamples, target, ...kept }, entry);
  }
  run.save();
  signal.throwIfAborted();
}

async function entryOf(target: RedisTarget, loaded: LoadedStrategy): Promise<StrategyResult> {
  const { strategy, path } = loaded;
  const clients = ownClientsOf(loaded);
  const { name, summary } = strategy;
  const builtIn = path === undefined ? registry.find((one) => one.strategy === strategy) : undefined;
  const skipped = await missingNeeds(target, strategy);
  const notSold = await missingReplicas(target, strategy);
  return {
    name,
    summary,
    file: builtIn?.file ?? relative('', path ?? ''),
    ...(clients.length > 0 && { clients }),
    requires: requirementsOf(strategy),
    control: builtIn?.control ?? false,
    ...(skipped !== undefined && { skipped }),
    ...(notSold !== undefined && { notSold }),
    explored: [],
    environments: [],
  };
}

/** Large sales under real concurrency, in the orders that happen to occur. */
async function sampleNext(run: Run, target: RedisTarget, { loaded, entry }: Judged): Promise<void> {
  const { folder, keeper, steps } = run;
  const { profile, seed, signal, history } = run.options;
  const { histories } = PROFILES[profile];
  const sales = salesOf(loaded.strategy);
  if ((entry.skipped ?? entry.notSold) !== undefined) {
    steps.skip(sales.length);
    return;
  }
  const kept = history ? { folder: join(folder, 'histories'), keeper } : {};
  // One strategy's threads: what a file leaves running in them must not reach the next one.
  await using pool = new SessionPool();
  for (const sale of sales) {
    steps.begin(`${entry.name}: ${sale.environment}, ${histories} sales`);
    const sampled = await sampleSale(loaded, sale, { target, pool, histories, seed, signal, ...kept });
    if (sampled) entry.environments.push(sampled);
    signal.throwIfAborted();
  }
  run.save();
}

/** What each strategy costs: in turns, so that nothing that slows the machine down slows one of them alone. */
async function measureAll(
  { options, result, steps }: Run,
  target: RedisTarget,
  chosen: readonly LoadedStrategy[],
): Promise<void> {
  const { seed, profile, signal } = options;
  await measure(result, chosen, PROFILES[profile].bench, { target, seed, steps, signal });
  signal.throwIfAborted();
}

const planOf = (profile: Profile, { kind }: RedisTarget, chosen: readonly LoadedStrategy[]): RunPlan => ({
  strategies: chosen.map(({ strategy }) => strategy.name),
  explored: kind === 'borrowed' ? [] : PROFILES[profile].explored,
  sampled: SAMPLED.filter((environment) =>
    chosen.some(({ strategy }) => salesOf(strategy).some((sale) => sale.environment === environment)),
  ),
});

/** How many steps a run has: explored environments, large sales, and measured trials. */
function stepsOf(profile: Profile, { kind }: RedisTarget, chosen: readonly LoadedStrategy[]): number {
  const { explored, bench } = PROFILES[profile];
  const exploring = kind === 'borrowed' ? 0 : explored.length * chosen.length;
  const sales = chosen.reduce((sum, { strategy }) => sum + salesOf(strategy).length, 0);
  return exploring + sales + measurements(bench, chosen.length);
}

/** A run under way: what is known so far, in memory and in its folder. */
class Run {
  readonly options: EvaluateOptions;
  readonly folder: string;
  readonly result: Result;
  readonly keeper = new Keeper();
  readonly steps: Steps;
  fault: RunError | undefined;
  #told = false;
  readonly #startNs = clock.monotonicNs();

  constructor(options: EvaluateOptions, target: RedisTarget, chosen: readonly LoadedStrategy[]) {
    const startedAt = clock.epochMs();
    this.options = options;
    const steps = stepsOf(options.profile, target, chosen);
    this.steps = new Steps(options.progress, steps, () => clock.monotonicNs() / 1e6);
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
      machine: { oversell: options.version, ...describeMachine(target.description) },
      strategies: [],
      ...leftOut(options),
      findings: [],
    };
    this.save();
  }

  /** Whether anything was judged by now. */
  get hasFound(): boolean {
    return this.result.strategies.some(
      ({ explored, environments }) => explored.length + environments.length > 0,
    );
  }

  /** Tells what is known by now. */
  found(soFar: { explored: number; sampled: number }): void {
    this.options.onFound?.(this.result, soFar);
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
