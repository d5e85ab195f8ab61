import { Option } from 'commander';
import type { Machine } from '../documents/machine.ts';
import { ARRIVAL_PROFILES, MODES } from '../documents/vocabulary.ts';
import { freshSeed } from '../ground/ambient.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import {
  bencherOption,
  ignoredFlag,
  repeatCommand,
  runsOption,
  seedOption,
  whole,
} from '../terminal/options.ts';
import { BENCH_PROFILES } from './bench-profiles.ts';
import { measureStrategies, type BenchFlags } from './measure-strategies.ts';
import { windowOf } from '../terminal/window.ts';
import { allowConnectOption, requireOwnCode } from './allow-connect.ts';

const ONLY_SERVICES = 'each buyer of a bench is a user without a limit, but for those of a --service';

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
  const { measured, verdict, keeper, changed } = await measureStrategies(strategies, asked, invocation);
  keepFigures(measured, keeper);
  const last = await keepSession({ kind: 'bench', found: measured }, invocation, folder, keeper);
  const text = `${benchText(measured, window)}\n\n${last}`;
  return { document: measured, text, verdict, fault: changed ?? keeper.fault };
}

/** @throws UsageError if rates would be offered beside a rate */
function requireClosedLoop({ profile, rate, slo }: BenchFlags): void {
  if (profile === 'quick' || (rate ?? slo) === undefined) return;
  throw ignoredFlag(
    '--profile',
    'its rates follow from what a closed loop serves, and --rate and --slo ask for an open one',
  );
}
