import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Environment, Strategy } from '../strategies/contract.ts';
import { registry } from '../strategies/registry.ts';
import { isoTime, systemClock as clock } from './ambient.ts';
import { judge } from './checkers/judge.ts';
import { bench } from './bench.ts';
import { exploreEnvironments } from './explore-environments.ts';
import { EXPLORED, type ExploredEnvironment } from './explorer/environments.ts';
import { explain } from './errors.ts';
import { findings } from './findings.ts';
import { writeHistory } from './history/jsonl.ts';
import { runLoad } from './load/driver.ts';
import { describeMachine } from './machine.ts';
import type { Progress } from './progress.ts';
import { seededRandom } from './random.ts';
import { missingNeeds } from './redis/capabilities.ts';
import { openTarget, type TargetOptions } from './redis/open.ts';
import type { RedisTarget } from './redis/target.ts';
import type { EnvironmentResult, Result, Scope, StrategyResult } from './result.ts';
import { createRunFolder, writeResult } from './run-folder.ts';
import { summarise, type JudgedSale } from './sample.ts';
import { chosenStrategies, type LoadedStrategy, type StrategyRef } from './strategy-loader.ts';

/** What is explored, how often large sales are sampled, and how long each strategy is measured. */
export const PROFILES = {
  quick: {
    explored: ['calm', 'several-units', 'buyer-crash', 'lost-reply'],
    maxStates: 200_000,
    auditSamples: 8,
    histories: 2,
    benchSeconds: 1,
  },
  full: { explored: EXPLORED, maxStates: 2_000_000, auditSamples: 16, histories: 10, benchSeconds: 10 },
} as const satisfies Record<string, ProfileContent>;

interface ProfileContent {
  /** Environments of which every interleaving is run. */
  explored: readonly ExploredEnvironment[];
  maxStates: number;
  auditSamples: number;
  /** Large sales recorded of each sampled environment. */
  histories: number;
  benchSeconds: number;
}

export type Profile = keyof typeof PROFILES;

export interface EvaluateOptions extends TargetOptions {
  /** Names and paths; empty: every built-in. */
  strategies: readonly string[];
  profile: Profile;
  seed: number;
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

/** For the checker's search, where a history has unknown outcomes. */
const SEARCH_MS = 5_000;

/** Far more buyers than units, so that they meet at the end of the stock, where the mistakes are. */
const CROWD = { buyers: 1_000, instances: 2, inFlight: 64 };

interface SampledSale {
  environment: Environment;
  scope: Scope;
  /** Added where the strategy supports it. */
  limit?: { users: number; perUserLimit: number };
}

const SALES: SampledSale[] = [
  { environment: 'calm', scope: { ...CROWD, stock: 100, quantities: [1] } },
  {
    environment: 'several-units',
    scope: { ...CROWD, stock: 100, quantities: [2, 1, 2] },
    limit: { users: 100, perUserLimit: 3 },
  },
];

/**
 * The main job: runs each strategy, judges what it did, and keeps what is known so far in the run's folder. An
 * interruption ends it early, with what there is.
 *
 * @throws UsageError or EnvironmentError if the run cannot go on; its folder, if there is one yet, says `failed`
 */
export async function evaluate(options: EvaluateOptions): Promise<{ result: Result; folder: string }> {
  const chosen = await chosenStrategies(options.strategies);
  options.progress.now('looking for a redis-server');
  const target = await openTarget({ ...options, onProgress: options.progress.line });
  try {
    const run = new Run(options, target.description);
    try {
      for (const loaded of chosen) await judgeStrategy(run, target, loaded);
      run.end('complete');
    } catch (error) {
      if (!options.signal.aborted) {
        run.end('failed', error);
        throw error;
      }
      run.end('interrupted');
    }
    return run;
  } finally {
    options.progress.end();
    await target.close();
  }
}

/** Runs one strategy in every environment, and adds what was found to the result. */
async function judgeStrategy(run: Run, target: RedisTarget, loaded: LoadedStrategy): Promise<void> {
  const { strategy, path } = loaded;
  const { name, summary } = strategy;
  const builtIn = path === undefined ? registry.find((one) => one.strategy === strategy) : undefined;
  const skipped = await missingNeeds(target, strategy);
  const entry: StrategyResult = {
    name,
    summary,
    file: builtIn?.file ?? relative('', path ?? ''),
    control: builtIn?.control ?? false,
    ...(skipped !== undefined && { skipped }),
    explored: [],
    environments: [],
  };
  run.result.strategies.push(entry);
  if (skipped === undefined) {
    await exploreFirst(run, target, loaded, entry);
    for (const sale of SALES.filter((one) => canSell(strategy, one)))
      entry.environments.push(await sampleSale(run, target, loaded, sale));
    await measure(run, target, loaded.ref, entry);
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
  const { folder } = run;
  const options = { environments, maxStates, auditSamples, target, seed, folder, progress, signal };
  Object.assign(entry, await exploreEnvironments(loaded, options));
  run.save();
}

const canSell = ({ supports }: Strategy, { scope }: SampledSale): boolean =>
  scope.quantities.every((quantity) => quantity === 1) || supports?.includes('several-units') === true;

/** Sells the same sale several times, and judges each history. */
async function sampleSale(
  { options, folder }: Run,
  target: RedisTarget,
  { strategy, ref }: LoadedStrategy,
  { environment, scope, limit }: SampledSale,
): Promise<EnvironmentResult> {
  const { signal, progress } = options;
  const limited = strategy.supports?.includes('limit') ? { ...scope, ...limit } : scope;
  const random = seededRandom(options.seed).fork(`${strategy.name} ${environment}`);
  const { histories } = PROFILES[options.profile];
  const sales: JudgedSale[] = [];
  progress.now(`${strategy.name}: ${environment}, ${histories} sales`);
  for (let i = 1; i <= histories; i++) {
    const { instances, ...load } = limited;
    const seed = random.below(2 ** 31);
    const sold = await runLoad({
      target,
      strategy: ref,
      ...load,
      workers: instances,
      seed,
      signal,
    });
    signal.throwIfAborted();
    if (options.history) {
      const kept = join(folder, 'histories');
      await mkdir(kept, { recursive: true });
      await writeHistory(join(kept, `${strategy.name}-${environment}-${i}.jsonl`), sold.history);
    }
    sales.push({ run: sold, judgement: judge(sold.history, { timeoutMs: SEARCH_MS }) });
  }
  return summarise(environment, limited, strategy.guarantees ?? {}, sales);
}

/** What the strategy costs, and whether it kept its properties meanwhile. */
async function measure(
  { options }: Run,
  target: RedisTarget,
  ref: StrategyRef,
  entry: StrategyResult,
): Promise<void> {
  const { signal, seed, progress, profile } = options;
  const seconds = PROFILES[profile].benchSeconds;
  progress.now(`${entry.name}: cost, ${seconds} s`);
  const { strategies } = await bench({ target, strategies: [ref], seconds, seed, signal });
  signal.throwIfAborted();
  for (const row of strategies) if (!('skipped' in row)) entry.cost = row;
}

/** A run under way: what is known so far, in memory and in its folder. */
class Run {
  readonly options: EvaluateOptions;
  readonly folder: string;
  readonly result: Result;
  readonly #startNs = clock.monotonicNs();

  constructor(options: EvaluateOptions, redis: string) {
    const startedAt = clock.epochMs();
    this.options = options;
    this.folder = createRunFolder(options.runs, startedAt, options.seed);
    this.result = {
      version: 1,
      status: 'running',
      command: options.command,
      seed: options.seed,
      profile: options.profile,
      startedAt: isoTime(startedAt),
      elapsedMs: 0,
      machine: { oversell: options.version, ...describeMachine(redis) },
      strategies: [],
      findings: [],
    };
    this.save();
  }

  save(): void {
    this.result.elapsedMs = Math.round((clock.monotonicNs() - this.#startNs) / 1e6);
    this.result.findings = findings(this.result.strategies);
    writeResult(this.folder, this.result);
  }

  end(status: Result['status'], error?: unknown): void {
    this.result.status = status;
    if (error !== undefined) this.result.error = explain(error);
    this.save();
  }
}
