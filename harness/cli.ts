#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { PROPERTIES, type Property } from '../strategies/contract.ts';
import { freshSeed } from './ground/ambient.ts';
import type { BenchFlags } from './commands/bench.ts';
import { faultOf, repeatCommand, seedOption, wholeNumber } from './terminal/options.ts';
import { UsageError } from './ground/errors.ts';
import { type ScopeFlags } from './commands/scope-flags.ts';
import { faultsInWords } from './documents/faults.ts';
import { ARRIVAL_PROFILES as ARRIVALS, CLIENT_MODES, MODES } from './documents/vocabulary.ts';
import { interruptible } from './ground/lifetime.ts';
import { PROFILES, type Profile } from './evaluate/profiles.ts';
import { progressOn } from './ground/progress.ts';
import type { TargetOptions } from './redis/open.ts';
import { summaryFile } from './terminal/github-summary.ts';
import { startWatchdog } from './terminal/watchdog.ts';

const manifest = readFileSync(new URL(import.meta.resolve('oversell/package.json')), 'utf8');
const { version } = JSON.parse(manifest) as { version: string };
const [, script, ...args] = process.argv as [string, string, ...string[]];
const progress = progressOn(process.stderr);

// Each command loads what it needs when it is run: `check` and `--help` need not wait for what explores and measures.

/** For the general search, which a few histories need. */
const CHECK_MS = 60_000;

/** Commands that run code of users, which might never come back. */
const RUNNING_STRATEGIES = ['evaluate', 'explore', 'replay', 'bench'];

/** One run of this program. */
interface Invocation {
  signal: AbortSignal;
  exitCode: number;
}

function commands(run: Invocation): Command {
  const program = new Command('oversell')
    .description('Tells whether Redis stock-decrement code can sell more than it has, or strand what it has.')
    .version(version)
    .option('--redis <url>', 'use a running server: redis://[[user]:password@]host[:port][/db]')
    .option('--redis-server <path>', 'start this redis-server')
    .option('--redis-version <version>', 'download, compile and start this version of Redis')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError() {} }) // `fail` tells all faults in one form
    .exitOverride()
    .hook('preAction', async (_, command) => {
      if (RUNNING_STRATEGIES.includes(command.name())) await startWatchdog({ onStuck: fail });
    });
  addEvaluate(program, run);
  addExplore(program, run);
  addReplay(program, run);
  addBench(program, run);
  addReport(program);
  addCompare(program, run);
  addCheck(program, run);
  addList(program);
  addDoctor(program, run);
  return program;
}

function addEvaluate(program: Command, run: Invocation): void {
  interface Flags extends TargetOptions {
    profile: Profile;
    seed?: number;
    history?: true;
    githubSummary?: true;
    runs: string;
  }
  program
    .command('evaluate')
    .description('run each strategy, judge what it did, measure what it costs, and write a report')
    .argument('[strategy...]', 'names, and paths to your own; none: every built-in')
    .addOption(new Option('--profile <name>', 'how much').choices(Object.keys(PROFILES)).default('quick'))
    .addOption(seedOption())
    .option('--history', 'keep every recorded operation')
    .option('--runs <folder>', 'where the folder of the run is made', 'runs')
    .addOption(summaryOption())
    .option('--json', 'print the result as one JSON document')
    .action(async (strategies: string[], _, command: Command) => {
      const { evaluate } = await import('./evaluate/evaluate.ts');
      const { exitCodeOf } = await import('./documents/findings.ts');
      const { screen } = await import('../reports/text/screen.ts');
      const { appendSummary } = await import('../reports/step-summary.ts');
      const { writeReports } = await import('../reports/write.ts');
      const { history = false, seed = freshSeed(), ...flags } = command.optsWithGlobals<Flags>();
      const summary = flags.githubSummary ? summaryFile(process.env) : undefined;
      const { result, folder } = await evaluate({
        ...flags,
        strategies,
        seed,
        history,
        command: repeatCommand(script, args, seed),
        version,
        progress,
        signal: run.signal,
      });
      const { html } = await writeReports(folder, result);
      if (summary !== undefined) appendSummary(summary, result);
      print(result, screen(result, html));
      run.exitCode = exitCodeOf(result);
    });
}

const summaryOption = (): Option =>
  new Option('--github-summary', 'append report.md to the summary of the GitHub job');

function addReport(program: Command): void {
  program
    .command('report')
    .description('draw the report of a run again, into its folder')
    .argument('<folder>', 'of the run, as evaluate has made it')
    .addOption(summaryOption())
    .option('--json', 'print what was drawn as one JSON document')
    .action(async (folder: string, { githubSummary }: { githubSummary?: true }) => {
      const { readResult } = await import('./documents/read-result.ts');
      const { appendSummary } = await import('../reports/step-summary.ts');
      const { writeReports } = await import('../reports/write.ts');
      const summary = githubSummary ? summaryFile(process.env) : undefined;
      const { result, version: written } = readResult(folder);
      const files = await writeReports(folder, result);
      if (summary !== undefined) appendSummary(summary, result);
      print({ ...files, version: written }, `Report: ${files.html} · ${files.markdown}`);
    });
}

function addExplore(program: Command, run: Invocation): void {
  interface Flags extends TargetOptions, Omit<ScopeFlags, 'seed'> {
    seed?: number;
    property?: Property;
    maxStates?: number;
    merging: boolean;
    reduction: boolean;
    allowBounded?: true;
    emitTest?: string;
    runs: string;
  }
  program
    .command('explore')
    .description('run every interleaving of a small sale on a private server')
    .argument('<strategy>', 'a name, or a path to your own: one strategy or several')
    .addOption(whole('--buyers <n>', 'buyers, one purchase each', 1).default(3))
    .addOption(whole('--stock <n>', 'units put on sale', 0).default(2))
    .option('--quantities <list>', 'units per purchase, dealt out cyclically', '1')
    .addOption(whole('--users <n>', 'users, dealt out cyclically (default: one per buyer)', 1))
    .addOption(whole('--per-user-limit <n>', 'most units that one user may hold', 1))
    .addOption(whole('--attempts <n>', 'attempts of a purchase that retries', 1).default(3))
    .addOption(whole('--instances <n>', 'application processes (default: one per buyer)', 1))
    .addOption(
      new Option('--client <mode>', 'what a client does about a cut')
        .choices(CLIENT_MODES)
        .default('default'),
    )
    .option('--faults <list>', `budgets, as crash=1,lost-reply=1: ${faultsInWords()}`, '')
    .addOption(whole('--releases <n>', 'sold requests that may be released', 0).default(0))
    .addOption(whole('--restocks <n>', 'restocks of one unit', 0).default(0))
    .addOption(whole('--jobs <n>', 'passes of background work', 0).default(0))
    .addOption(whole('--offices <n>', 'processes that do background work (default: 1)', 1))
    .addOption(new Option('--property <name>', 'judge this one alone').choices(PROPERTIES))
    .addOption(whole('--max-states <n>', 'stop after so many', 1))
    .option('--no-merging', 'walk every path on its own')
    .option('--no-reduction', 'walk every path on its own, over real sockets, with nothing reduced')
    .option('--emit-test <file>', 'write the first counterexample as a vitest test')
    .option('--allow-bounded', 'exit 0 although not everything was covered')
    .addOption(seedOption())
    .option('--runs <folder>', 'where the folder of the counterexamples is made', 'runs')
    .option('--json', 'print the result as one JSON document')
    .action(async (strategy: string, _, command: Command) => {
      const { counterexamplesIn, explorationExitCode, exploreJob } = await import('./commands/explore.ts');
      const { explorationDocument } = await import('./explorer/document.ts');
      const { explorationText } = await import('../reports/text/explore.ts');
      const { regressionTest } = await import('../reports/regression-test.ts');
      const { writeWhole } = await import('./documents/run-folder.ts');
      const {
        seed = freshSeed(),
        reduction,
        allowBounded = false,
        emitTest,
        ...flags
      } = command.optsWithGlobals<Flags>();
      progress.line(`seed ${seed}; again: ${repeatCommand(script, args, seed)}`);
      const explored = await exploreJob({
        ...flags,
        strategy,
        seed,
        unreduced: !reduction,
        progress,
        signal: run.signal,
      });
      const shown = emitTest === undefined ? undefined : counterexamplesIn(explored)[0];
      if (emitTest !== undefined && shown) writeWhole(emitTest, regressionTest(shown, emitTest));
      const documents = explored.map(({ exploration, files }) => explorationDocument(exploration, files));
      print(documents.length === 1 ? documents[0] : documents, documents.map(explorationText).join('\n\n'));
      run.exitCode = explorationExitCode(explored, allowBounded);
    });
}

function whole(flags: string, text: string, least: number): Option {
  return new Option(flags, text).argParser(wholeNumber(least));
}

function addReplay(program: Command, run: Invocation): void {
  program
    .command('replay')
    .description('run a counterexample again, step by step, over real sockets')
    .argument('<file>', 'as explore has written it')
    .option('--json', 'print the result as one JSON document')
    .action(async (file: string, _, command: Command) => {
      const { replayJob } = await import('./commands/replay.ts');
      const { replayText } = await import('../reports/text/explore.ts');
      const options = command.optsWithGlobals<TargetOptions>();
      const { counterexample, replayed } = await replayJob({
        ...options,
        file,
        progress,
        signal: run.signal,
      });
      print({ counterexample, ...replayed }, replayText(counterexample, replayed));
      run.exitCode = { confirmed: 1, 'no-longer-violated': 0, diverged: 3 }[replayed.result];
    });
}

function addBench(program: Command, run: Invocation): void {
  interface Flags extends TargetOptions, Omit<BenchFlags, 'seed'> {
    seed?: number;
    history?: true;
    runs: string;
  }
  program
    .command('bench')
    .description('measure what a sale costs: throughput, response time, commands per sale')
    .argument('[strategy...]', 'names, and paths to your own; none: every built-in')
    .addOption(new Option('--mode <mode>', 'does a slow answer keep the next buyer away?').choices(MODES))
    .addOption(whole('--in-flight <n>', 'purchases in flight, over all workers (default: 64)', 1))
    .addOption(whole('--rate <n>', 'open loop: arrivals per second, of a flash sale at its peak', 1))
    .addOption(new Option('--arrivals <profile>', 'open loop (default: poisson)').choices(ARRIVALS))
    .option('--slo <target>', 'find the highest rate that meets it, as p99=5ms')
    .addOption(whole('--trials <n>', 'how often each is measured, in turns; intervals need 6', 1).default(6))
    .option('--baseline <name>', 'compare with this one (default: the first)')
    .addOption(whole('--stock <n>', 'units (default: more than can be sold in the time)', 0))
    .addOption(whole('--buyers <n>', 'purchases in all (default: as many as there is time for)', 1))
    .addOption(whole('--workers <n>', 'application instances, a thread each (default: 2)', 1))
    .addOption(
      whole('--seconds <n>', 'how long purchases begin, per trial (default: 1, or until all are served)', 1),
    )
    .addOption(seedOption())
    .option('--history', 'keep every recorded operation of the last trial')
    .option('--runs <folder>', 'where the folder for them is made', 'runs')
    .option('--json', 'print the figures as one JSON document')
    .action(async (strategies: string[], _, command: Command) => {
      const { benchJob } = await import('./commands/bench.ts');
      const { benchText } = await import('../reports/text/bench.ts');
      const { history = false, seed = freshSeed(), ...flags } = command.optsWithGlobals<Flags>();
      progress.line(`seed ${seed}; again: ${repeatCommand(script, args, seed)}`);
      const job = { ...flags, strategies, history, seed, progress, signal: run.signal };
      const { measured, exitCode } = await benchJob(job);
      print(measured, benchText(measured));
      run.exitCode = exitCode;
    });
}

function addCompare(program: Command, run: Invocation): void {
  program
    .command('compare')
    .description('did it get worse? figures and verdicts of two sessions, or of two runs')
    .argument('<base>', 'what bench --json printed, or the folder of a run')
    .argument('<new>')
    .option('--different-environments', 'although something else than the code differs')
    .option('--json', 'print the comparison as one JSON document')
    .action(async (...words: [string, string, { differentEnvironments?: true }]) => {
      const { readFigures } = await import('./documents/read-figures.ts');
      const { compare, differences } = await import('./commands/compare.ts');
      const { comparisonText } = await import('../reports/text/compare.ts');
      const [base, now] = [readFigures(words[0]), readFigures(words[1])];
      const differing = differences(base, now);
      if (differing.length > 0 && !words[2].differentEnvironments) {
        throw new UsageError(
          'DIFFERENT_ENVIRONMENTS',
          `what differs is not the code alone:\n${differing.join('\n')}`,
          'measure both here, or compare all the same: --different-environments',
        );
      }
      const comparison = { differences: differing, strategies: compare(base, now) };
      print(comparison, comparisonText(comparison));
      run.exitCode = comparison.strategies.some(({ verdict }) => verdict === 'worse') ? 1 : 0;
    });
}

function addCheck(program: Command, run: Invocation): void {
  program
    .command('check')
    .description('judge a recorded history, ours or a foreign one')
    .argument('<history.jsonl>')
    .option('--json', 'print the verdicts as one JSON document')
    .action(async (file: string) => {
      const { checkHistory } = await import('./commands/check.ts');
      const { judgementText } = await import('../reports/text/lists.ts');
      const onProgress = (read: number, total: number): void =>
        progress.now(`${file}: ${Math.round((100 * read) / total)} %`);
      const checked = await checkHistory(file, { timeoutMs: CHECK_MS, onProgress });
      progress.end();
      print(checked, judgementText(checked));
      run.exitCode = { holds: 0, violated: 1, inconclusive: 3 }[checked.verdict];
    });
}

function addList(program: Command): void {
  program
    .command('list')
    .description('the strategies, and what they declare')
    .option('--json', 'print them as one JSON document')
    .action(async () => {
      const { registry } = await import('../strategies/registry.ts');
      const { strategiesText } = await import('../reports/text/lists.ts');
      const strategies = registry.map(({ strategy, file, control }) => ({ ...strategy, file, control }));
      print({ strategies }, strategiesText(registry));
    });
}

function addDoctor(program: Command, run: Invocation): void {
  program
    .command('doctor')
    .description('which redis-server a run would use here, and which strategies it would skip')
    .option('--json', 'print it as one JSON document')
    .action(async (_, command: Command) => {
      const { examineMachine } = await import('./commands/doctor.ts');
      const { registry } = await import('../strategies/registry.ts');
      const { machineText } = await import('../reports/text/lists.ts');
      const options: TargetOptions = {
        ...command.optsWithGlobals<TargetOptions>(),
        onProgress: progress.line,
        signal: run.signal,
      };
      const report = await examineMachine(
        options,
        registry.map(({ strategy }) => strategy),
      );
      print(report, machineText(report));
    });
}

/** The answer: for a program under --json, else for people. Functions in the data are left out. */
function print(data: unknown, words: string): void {
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(data, undefined, 2)}\n` : `${words}\n`);
}

/** Tells what went wrong. @returns the exit code */
function fail(error: unknown): number {
  progress.end();
  const told = faultOf(error);
  if (told === undefined) return 0;
  const { exitCode, fault } = told;
  if (args.includes('--json')) print({ error: fault }, '');
  progress.line(`oversell: ${fault.message}\n${fault.remedy}`);
  return exitCode;
}

// Last: it runs while the module is still being evaluated.
process.exitCode = await interruptible(async (signal) => {
  const run: Invocation = { signal, exitCode: 0 };
  try {
    await commands(run).parseAsync(args, { from: 'user' });
    return run.exitCode;
  } catch (error) {
    if (signal.aborted) throw error;
    return fail(error);
  }
});
