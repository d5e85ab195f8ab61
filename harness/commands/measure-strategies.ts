import { PROPERTIES } from '../../strategies/contract.ts';
import type { BenchOptions } from '../bench/session.ts';
import type { BenchResult } from '../documents/figures.ts';
import type { Keeper } from '../documents/write-file.ts';
import type { OverallVerdict } from '../documents/vocabulary.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import type { UsageError } from '../ground/errors.ts';
import { Steps } from '../ground/steps.ts';
import type { LoadedStrategy } from '../loader/strategies.ts';
import type { TargetOptions } from '../redis/open.ts';
import type { Invocation } from '../terminal/answer.ts';
import { ignoredFlag } from '../terminal/options.ts';
import { BENCH_PROFILES, type BenchProfile } from './bench-profiles.ts';
import type { LoopFlags } from './loop-flags.ts';

const TRIALS = 6;

/** As they are typed. */
export interface BenchFlags
  extends
    LoopFlags,
    TargetOptions,
    Pick<BenchOptions, 'baseline' | 'buyers' | 'inFlight' | 'seconds' | 'stock' | 'trials' | 'workers'> {
  /** A service file, in place of strategies. */
  service?: string;
  profile: BenchProfile;
  users?: number;
  perUserLimit?: number;
  seed?: number;
  /** Keep every recorded operation. */
  history?: true;
  /** Where the folder for them is made. */
  runs: string;
  /** Where the figures go besides. */
  bencher?: string;
}

/** What is measured, and where its histories go. */
interface Measuring extends BenchFlags {
  seed: number;
  onBegin?: NonNullable<BenchOptions['onBegin']>;
  makeFolder: () => string;
}

/** What was measured, and what kept it from being whole. */
interface Measured {
  measured: BenchResult;
  verdict: OverallVerdict;
  keeper: Keeper;
  /** A file of the user's was changed meanwhile. */
  changed: UsageError | undefined;
}

/**
 * Opens a server and measures there. An interruption answers what was measured so far.
 *
 * @param named names and paths; empty: every built-in
 */
export async function measureStrategies(
  named: readonly string[],
  flags: Measuring,
  { progress, signal, loss }: Pick<Invocation, 'progress' | 'signal' | 'loss'>,
): Promise<Measured> {
  const {
    arrivals: _,
    slo: __,
    history,
    runs,
    bencher: ___,
    onBegin,
    makeFolder,
    profile,
    trials = TRIALS,
    ...others
  } = flags;
  const { loopOf } = await import('./loop-flags.ts');
  const load = await loopOf(flags);
  const { chosenStrategies } = await import('../loader/strategies.ts');
  const { Unchanged } = await import('../loader/unchanged.ts');
  const { openTarget } = await import('../redis/open.ts');
  const { loadNotice } = await import('../redis/target.ts');
  const { Keeper: NewKeeper, requireFolder } = await import('../documents/write-file.ts');
  requireFolder('--runs', runs);
  const keeper = new NewKeeper();
  const strategies = await chosenStrategies(named, { connections: 'led' });
  const unchanged = new Unchanged(strategies);
  requireOthers(strategies, flags.baseline);
  progress.now('looking for a redis-server');
  // Only now, when the flags make sense: it is most of what there is to load.
  const { bench } = await import('../bench/session.ts');
  const target = await openTarget({ ...flags, signal, loss, onProgress: progress.line });
  const notice = loadNotice(target);
  if (notice !== undefined) progress.line(notice);
  try {
    const steps = new Steps(progress, strategies.length, () => clock.monotonicNs() / 1e6);
    const historyFolder = history ? makeFolder() : undefined;
    const measured = await bench({
      ...others,
      ...load,
      trials,
      target,
      ...BENCH_PROFILES[profile],
      strategies,
      signal,
      ...(historyFolder !== undefined && { historyFolder, keeper }),
      ...(onBegin && { onBegin }),
      onRounds: (each) => steps.more(each * trials),
      onTrial: (name, trial) => steps.begin(trial === 0 ? name : `${name}, trial ${trial} of ${trials}`),
    });
    if (historyFolder !== undefined) progress.line(`histories: ${historyFolder}`);
    await noteClients(measured, strategies);
    return { measured, verdict: verdictOf(measured, strategies), keeper, changed: unchanged.fault };
  } finally {
    progress.end();
    await target.close();
  }
}

/** @throws UsageError if there is nothing but the baseline */
function requireOthers(strategies: readonly LoadedStrategy[], baseline: string | undefined): void {
  if (strategies.length !== 1 || strategies[0]!.strategy.name !== baseline) return;
  throw ignoredFlag('--baseline', 'no other strategy is measured that it could be compared with');
}

/** By which clients of its project each of them spoke to Redis. */
async function noteClients({ strategies }: BenchResult, loaded: readonly LoadedStrategy[]): Promise<void> {
  const { ownClientsOf } = await import('../loader/own-clients.ts');
  for (const row of strategies) {
    const clients = ownClientsOf(loaded.find(({ strategy }) => strategy.name === row.strategy)!);
    if (!('skipped' in row) && clients.length > 0) row.clients = clients;
  }
}

/** Of all that is required: a property that the strategy declares to break in calm is not. */
function verdictOf(measured: BenchResult, loaded: readonly LoadedStrategy[]): OverallVerdict {
  const verdicts = measured.strategies.flatMap((row) => {
    if ('skipped' in row) return [];
    const { guarantees } = loaded.find(({ strategy }) => strategy.name === row.strategy)!.strategy;
    return PROPERTIES.filter((property) => guarantees?.[property]?.calm !== 'breaks').map(
      (property) => row.properties[property],
    );
  });
  if (verdicts.includes('violated')) return 'violated';
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'holds';
}
