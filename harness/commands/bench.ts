import { Option } from 'commander';
import { PROPERTIES } from '../../strategies/contract.ts';
import type { BenchOptions } from '../bench/session.ts';
import type { BenchResult } from '../documents/figures.ts';
import type { Keeper } from '../documents/write-file.ts';
import type { Machine } from '../documents/machine.ts';
import { ARRIVAL_PROFILES, MODES, type OverallVerdict } from '../documents/vocabulary.ts';
import { freshSeed, systemClock as clock } from '../ground/ambient.ts';
import { Steps } from '../ground/steps.ts';
import type { LoadedStrategy } from '../loader/strategies.ts';
import type { TargetOptions } from '../redis/open.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import {
  bencherOption,
  ignoredFlag,
  repeatCommand,
  runsOption,
  seedOption,
  whole,
} from '../terminal/options.ts';
import { BENCH_PROFILES, type BenchProfile } from './bench-profiles.ts';
import type { LoopFlags } from './loop-flags.ts';
import { windowOf } from '../terminal/window.ts';
import { allowConnectOption, requireOwnCode } from './allow-connect.ts';

const ONLY_SERVICES = 'each buyer of a bench is a user without a limit, but for those of a --service';
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

export const benchCommand: CommandFile = {
  examples: [
    'bench',
    'bench ./sell.ts lua-reserve-once --baseline lua-reserve-once',
    'bench lua-decrement --rate 5000 --seconds 10',
    'bench lua-decrement --slo p99=5ms',
    'bench --service shop.json --buyers 10000 --stock 500',
  ],
  options: [
    new Option(
      '--mode <mode>',
      'closed: the next request waits for the last response; open: arrivals at a rate (default: open with --rate or --slo)',
    ).choices(MODES),
    new Option(
      '--profile <name>',
      'what is measured: quick: trials and ceilings; full: then one sale to its end, and rates up to what each can serve',
    )
      .choices(Object.keys(BENCH_PROFILES))
      .default('quick'),
    whole('--in-flight <n>', 'purchases in flight, over all workers (default: 64)', 1),
    whole('--rate <n>', 'open loop: arrivals per second; for flash-sale, at its peak', 1),
    new Option(
      '--arrivals <profile>',
      'open loop: how arrivals are spread over time (default: poisson)',
    ).choices(ARRIVAL_PROFILES),
    new Option('--slo <target>', 'open loop: find the highest rate that meets a target such as p99=5ms'),
    whole(
      '--trials <n>',
      'trials of each strategy, taken in turns; intervals need at least 6 (default: 6; of a service 1)',
      1,
    ),
    new Option('--baseline <name>', 'compare the other strategies with this one (default: the first)'),
    new Option(
      '--service <file>',
      'sell over HTTP at the service that this file describes (harness/service/README.md), and judge it',
    ),
    whole('--users <n>', 'of a service: users, who buy in turns (default: each buyer is one)', 1),
    whole('--per-user-limit <n>', 'of a service: most units that a user may hold (default: no limit)', 1),
    whole(
      '--stock <n>',
      'units on sale (default: more than can be sold in the time; of a service half of --buyers)',
      0,
    ),
    whole('--buyers <n>', 'purchases in total (default: as many as there is time for)', 1),
    whole('--workers <n>', 'application instances, one thread each (default: 2)', 1),
    whole(
      '--seconds <n>',
      'how long purchases are started, per trial (default: 1, of a service 10; with --buyers, until all are served)',
      1,
    ),
    seedOption(),
    new Option('--history', 'keep every recorded operation of the last trial'),
    runsOption('create the folder of this run in here'),
    bencherOption(),
    allowConnectOption(),
  ],
  runsStrategies: true,
  sells: true,
  needsServer: true,
  run,
};

async function run([strategies]: [string[]], flags: BenchFlags, invocation: Invocation): Promise<Answer> {
  const { script, args, stdout, beginning, progress } = invocation;
  const { seed = freshSeed(), service } = flags;
  progress.line(`seed ${seed}; again: ${repeatCommand(script, args, seed)}`);
  if (service !== undefined) {
    if (flags.allowConnect) throw ignoredFlag('--allow-connect', 'a service connects to what it likes');
    const { benchServiceFile } = await import('./bench-service.ts');
    return benchServiceFile(strategies, { ...flags, service, seed }, invocation);
  }
  requireClosedLoop(flags);
  requireOwnCode(strategies, flags.allowConnect);
  if (flags.users !== undefined) throw ignoredFlag('--users', ONLY_SERVICES);
  if (flags.perUserLimit !== undefined) throw ignoredFlag('--per-user-limit', ONLY_SERVICES);
  const { benchHeader, benchText } = await import('../../reports/text/bench.ts');
  const window = windowOf(stdout);
  const onBegin = (environment: Machine, roundTripMs: number): void =>
    beginning.tell(benchHeader({ environment, roundTripMs, seed }));
  const { folderToBe, keepSession } = await import('./keep-session.ts');
  const { keepBencher } = await import('../../reports/ci/bencher.ts');
  const keepFigures = keepBencher(flags.bencher);
  const folder = folderToBe(flags.runs, seed);
  const asked = { ...flags, seed, onBegin, makeFolder: folder.make };
  const { measured, verdict, keeper } = await measureStrategies(strategies, asked, invocation);
  keepFigures(measured, keeper);
  const last = await keepSession({ kind: 'bench', found: measured }, invocation, folder, keeper);
  const text = `${benchText(measured, window)}\n\n${last}`;
  return { document: measured, text, verdict, fault: keeper.fault };
}

/** @throws UsageError if rates would be offered beside a rate */
function requireClosedLoop({ profile, rate, slo }: BenchFlags): void {
  if (profile === 'quick' || (rate ?? slo) === undefined) return;
  throw ignoredFlag(
    '--profile',
    'its rates follow from what a closed loop serves, and --rate and --slo ask for an open one',
  );
}

/** What is measured, and where its histories go. */
interface Measuring extends BenchFlags {
  seed: number;
  onBegin?: NonNullable<BenchOptions['onBegin']>;
  makeFolder: () => string;
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
): Promise<{ measured: BenchResult; verdict: OverallVerdict; keeper: Keeper }> {
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
  const { openTarget } = await import('../redis/open.ts');
  const { loadNotice } = await import('../redis/target.ts');
  const { Keeper: NewKeeper, requireFolder } = await import('../documents/write-file.ts');
  requireFolder('--runs', runs);
  const keeper = new NewKeeper();
  const strategies = await chosenStrategies(named, { connections: 'led' });
  if (strategies.length === 1 && strategies[0]!.strategy.name === flags.baseline)
    throw ignoredFlag('--baseline', 'no other strategy is measured that it could be compared with');
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
    return { measured, verdict: verdictOf(measured, strategies), keeper };
  } finally {
    progress.end();
    await target.close();
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
