#!/usr/bin/env node
import { closeSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { progressOn } from './ground/progress.ts';
import { fail, print, type Answer, type CommandFile, type Invocation } from './terminal/answer.ts';
import { EXIT_CODES } from './terminal/exit-codes.ts';
import { interruptible } from './terminal/interruption.ts';

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
  report: {
    summary: 'draw the report of an earlier run again',
    words: { '<folder>': 'the folder of the run, into which the report goes' },
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  compare: {
    summary: 'compare the figures and verdicts of two bench sessions, or of two runs',
    words: {
      '<base>': 'what bench --json printed, or the folder of a run',
      '<new>': 'the same of the code that may have become worse',
    },
    load: async () => (await import('./commands/compare.ts')).compareCommand,
  },
  check: {
    summary: 'judge a recorded history, ours or one of your own',
    words: { '<history.jsonl>': 'one operation per line, as harness/history/README.md describes' },
    load: async () => (await import('./commands/check.ts')).checkCommand,
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

const manifest = readFileSync(new URL(import.meta.resolve('oversell/package.json')), 'utf8');
const { version } = JSON.parse(manifest) as { version: string };
const [, script, ...args] = process.argv as [string, string, ...string[]];
const progress = progressOn(process.stderr);
let ranStrategies = false;

/** What was typed, as commander reads it. The options of a command are known when it is called, not before. */
async function run(invocation: Invocation): Promise<number> {
  let exitCode = 0;
  const program = new Command('oversell')
    .description('Tells whether Redis stock-decrement code can sell more than it has, or strand what it has.')
    .version(version)
    .option('--redis <url>', 'use this running server: redis://[[user]:password@]host[:port][/db]')
    .option('--redis-server <path>', 'start this redis-server')
    .option('--redis-version <version>', 'download, compile and start this version of Redis')
    .option('--json', 'print the answer as one JSON document')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError() {} }) // `fail` tells all faults in one form
    .exitOverride()
    .hook('preSubcommand', async (_, command) => {
      const file = await COMMANDS[command.name()]!.load();
      for (const option of file.options) command.addOption(option);
      command.action(async () => {
        exitCode = await answer(file, command, invocation);
      });
    });
  for (const [name, { summary, words = {} }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(summary);
    for (const [word, meaning] of Object.entries(words)) command.argument(word, meaning);
  }
  // commander's own `help explore` asks no hook, and would not know the options of explore.
  const [first, named = ''] = args;
  const typed = first === 'help' && Object.hasOwn(COMMANDS, named) ? [named, '--help'] : args;
  await program.parseAsync(typed, { from: 'user' });
  return exitCode;
}

async function answer(file: CommandFile, command: Command, invocation: Invocation): Promise<number> {
  const flags = command.optsWithGlobals<{ redis?: string }>();
  const answering = (): Promise<Answer> => file.run(command.processedArgs, flags, invocation);
  let answered: Answer;
  if (file.runsStrategies) {
    ranStrategies = true;
    const { guarded } = await import('./terminal/guarded.ts');
    answered = await guarded(answering, flags.redis, invocation);
  } else answered = await answering();
  print(invocation, answered);
  return EXIT_CODES[answered.verdict ?? 'holds'];
}

// Last: it runs while the module is still being evaluated.
process.exitCode = await interruptible(async (signal) => {
  const invocation = { script, args, version, progress, signal };
  try {
    return await run(invocation);
  } catch (error) {
    if (signal.aborted) throw error;
    return fail(invocation, error);
  }
});
// Connections and timers that code of users has left would keep the process for good.
if (ranStrategies) {
  // As the last of all: Node would say that it waits for a debugger, which is the watchdog's.
  process.on('exit', () => closeSync(2));
  process.stdout.write('', () => process.exit());
}
