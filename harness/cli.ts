#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { failBeside, print, say, type Answer, type CommandFile, type Invocation } from './terminal/answer.ts';
import { asProcess, type Conduct, type Unread } from './terminal/command-process.ts';
import { EXIT_CODES } from './terminal/exit-codes.ts';
import { bePatient } from './ground/patience.ts';
import { offer, refuseIgnored, requireTls, SERVER_OPTIONS } from './terminal/options.ts';
import { requireReadable } from './terminal/words.ts';

interface Entry {
  summary: string;
  /** What is typed after the name, and what it means. */
  words?: Readonly<Record<string, string>>;
  /** `--help` and `check` need not wait for what explores and measures. */
  load: () => Promise<CommandFile>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  evaluate: {
    summary: 'test each strategy, measure what it costs, and write a report',
    words: {
      '[strategy...]': 'names of built-ins, or paths to your own (default: the built-ins of the profile)',
    },
    load: async () => (await import('./commands/evaluate.ts')).evaluateCommand,
  },
  explore: {
    summary: 'run every interleaving of a small sale on a private server',
    words: { '<strategy>': 'the name of a built-in, or the path to a file with one or more of your own' },
    load: async () => (await import('./commands/explore.ts')).exploreCommand,
  },
  intercept: {
    summary: "run every order of a running service's Redis commands, in any language",
    words: { '[file]': 'a service file, as bench --service reads it (default: what the flags say)' },
    load: async () => (await import('./commands/intercept.ts')).interceptCommand,
  },
  watch: {
    summary: 'explore a file of yours again whenever it is saved',
    words: { '<file>': 'a file with one or more strategies' },
    load: async () => (await import('./commands/watch.ts')).watchCommand,
  },
  replay: {
    summary: 'run a counterexample again, step by step, over real sockets',
    words: { '<file>': 'a counterexample that explore or evaluate wrote' },
    load: async () => (await import('./commands/replay.ts')).replayCommand,
  },
  bench: {
    summary: 'measure throughput, response time and commands per sale',
    words: { '[strategy...]': 'names of built-ins, or paths to your own (default: every built-in)' },
    load: async () => (await import('./commands/bench.ts')).benchCommand,
  },
  storm: {
    summary: 'sell over HTTP at a service while its processes are killed',
    load: async () => (await import('./commands/storm.ts')).stormCommand,
  },
  report: {
    summary: 'draw the report of an earlier run again',
    words: { '<folder>': 'the folder of the run, into which the report goes' },
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  compare: {
    summary: 'compare the figures and verdicts of two evaluations, benches or storms',
    words: {
      '<base>': 'the folder of a run, or what bench --json printed',
      '<new>': 'the same of the code that may have become worse',
    },
    load: async () => (await import('./commands/compare.ts')).compareCommand,
  },
  check: {
    summary: 'judge a recorded history, ours or one of your own',
    words: { '<history.jsonl>': 'one operation per line, as harness/history/README.md describes' },
    load: async () => (await import('./commands/check.ts')).checkCommand,
  },
  serve: {
    summary: 'sell over HTTP: products, purchases, and orders that are stored exactly once',
    load: async () => (await import('./commands/serve.ts')).serveCommand,
  },
  new: {
    summary: 'write a strategy to start from, and its test',
    words: { '<name>': 'the name of the strategy, after which its files are named' },
    load: async () => (await import('./commands/new.ts')).newCommand,
  },
  list: {
    summary: 'list the built-in strategies, and the weaknesses that they declare',
    load: async () => (await import('./commands/list.ts')).listCommand,
  },
  doctor: {
    summary: 'say which redis-server a run would use here, and which strategies it would skip',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
};

/** Where somebody begins who knows nothing yet. */
const EXAMPLES: readonly string[] = [
  'explore read-then-write --buyers 2 --stock 1',
  'evaluate ./sell.ts --discover',
  'help explore',
];

const manifest = readFileSync(new URL(import.meta.resolve('oversell/package.json')), 'utf8');
const { version } = JSON.parse(manifest) as { version: string };
const [, script, ...args] = process.argv as [string, string, ...string[]];

/** What was typed, as commander reads it. The options of a command are known when it is called, not before. */
async function run(invocation: Unread, conduct: Conduct): Promise<number> {
  requireReadable(args);
  let exitCode = 0;
  const given = new Map<string, unknown>();
  let help = '';
  const program = new Command('oversell')
    .description('Tells whether Redis stock-decrement code can sell more than it has, or strand what it has.')
    .version(version)
    .option('--json', 'print the answer as one JSON document')
    .addHelpText('after', examplesText(EXAMPLES))
    .configureHelp({ showGlobalOptions: true })
    // `fail` tells all faults in one form.
    .configureOutput({ outputError() {}, writeOut: (text) => (help += text) })
    .exitOverride()
    .hook('preSubcommand', async (_, command) => {
      const file = await COMMANDS[command.name()]!.load();
      offer(command, file.options, given);
      command.addHelpText('after', examplesText(file.examples));
      command.action(async () => {
        exitCode = await answer(file, command, { ...invocation, given: new Set(given.keys()) }, conduct);
      });
    });
  offer(program, SERVER_OPTIONS, given);
  for (const [name, { summary, words = {} }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(summary);
    for (const [word, meaning] of Object.entries(words)) command.argument(word, meaning);
  }
  // commander's own `help explore` asks no hook, and would not know the options of explore.
  const [first, named = ''] = args;
  const typed = first === 'help' && Object.hasOwn(COMMANDS, named) ? [named, '--help'] : args;
  await program.parseAsync(typed, { from: 'user' }).catch(async (error: unknown) => {
    if (help === '') throw error;
    await say(invocation, help.trimEnd());
  });
  return exitCode;
}

const examplesText = (examples: readonly string[]): string =>
  ['', 'Examples:', ...examples.map((typed) => `  oversell ${typed}`)].join('\n');

/** Those that matter before the command is run. */
interface ServerFlags {
  redis?: string;
  tlsCa?: string;
  patience?: number;
  allowConnect?: { host?: string; port?: number; path?: string }[];
}

/** @throws UsageError if a flag would do nothing */
async function answer(
  file: CommandFile,
  command: Command,
  invocation: Invocation,
  conduct: Conduct,
): Promise<number> {
  const flags = command.optsWithGlobals<ServerFlags>();
  if (!file.needsServer) refuseIgnored(command.name(), SERVER_OPTIONS, flags);
  requireTls(flags);
  bePatient(flags.patience);
  const answering = async (): Promise<Answer> => file.run(command.processedArgs, flags, invocation);
  const { faults } = conduct;
  const answered = await faults.unless(
    file.runsStrategies
      ? import('./terminal/guarded.ts').then(({ guarded }) =>
          guarded(answering, {
            redis: flags.redis,
            allowed: flags.allowConnect,
            sells: file.sells ?? false,
            invocation,
            conduct,
          }),
        )
      : answering(),
  );
  await faults.unless(print(invocation, answered));
  const fault = answered.fault ?? faults.loss;
  return fault ? failBeside(invocation, fault) : EXIT_CODES[answered.verdict ?? 'holds'];
}

// Last: it runs while the module is still being evaluated.
await asProcess({ script, args, version }, run);
