import type { Option } from 'commander';
import type { OverallVerdict } from '../documents/vocabulary.ts';
import type { Progress } from '../ground/progress.ts';
import { faultOf } from './options.ts';

/** One run of this program: what a command is handed beside its own words and flags. */
export interface Invocation {
  /** The program, and the words after it, as in process.argv. */
  script: string;
  args: readonly string[];
  /** Of this package. */
  version: string;
  progress: Progress;
  /** Aborted by Ctrl-C: the command answers with what it has. */
  signal: AbortSignal;
}

/** What a command comes to. */
export interface Answer {
  /** For a program: what `--json` prints. Functions in it are left out. */
  document: unknown;
  /** For people. */
  text: string;
  /** Decides the exit code; absent where nothing was judged. */
  verdict?: OverallVerdict;
}

/** What each file of harness/commands/ offers to cli.ts, which loads it when the command is called. */
export interface CommandFile {
  options: readonly Option[];
  /** It runs code of users, which might never give the thread back. */
  runsStrategies?: true;
  /**
   * A method, so that each command may name the types of its own words and flags.
   *
   * @param words the command's arguments
   * @param flags its options, and those of the program
   */
  run(words: readonly unknown[], flags: object, invocation: Invocation): Promise<Answer>;
}

const isForPrograms = ({ args }: Pick<Invocation, 'args'>): boolean => args.includes('--json');

/** Answers on stdout, which has nothing else: as a document under `--json`, else in words. */
export function print(invocation: Pick<Invocation, 'args'>, { document, text }: Answer): void {
  const answer = isForPrograms(invocation) ? JSON.stringify(document, undefined, 2) : text;
  process.stdout.write(`${answer}\n`);
}

/** Says what went wrong, and what to do. @returns the exit code */
export function fail(invocation: Pick<Invocation, 'args' | 'progress'>, error: unknown): number {
  const { progress } = invocation;
  progress.end();
  const told = faultOf(error);
  if (told === undefined) return 0;
  const { exitCode, fault } = told;
  const text = `oversell: ${fault.message}\n${fault.remedy}`;
  if (isForPrograms(invocation)) print(invocation, { document: { error: fault }, text });
  progress.line(text);
  return exitCode;
}
