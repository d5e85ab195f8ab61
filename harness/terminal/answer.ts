import type { Option } from 'commander';
import type { OverallVerdict } from '../documents/vocabulary.ts';
import { shownOnly } from '../ground/thrown.ts';
import { EnvironmentError, explain, type RunError } from '../ground/errors.ts';
import { fitted } from '../ground/fitted.ts';
import { widthOf, type Progress } from '../ground/progress.ts';
import type { LossListener } from '../redis/server-watch.ts';
import { unwritable } from './faults.ts';
import { faultOf } from './options.ts';

/** One run of this program: what a command is handed beside its own words and flags. */
export interface Invocation {
  /** The program, and the words after it, as in process.argv. */
  script: string;
  args: readonly string[];
  /** The flags that were typed, by their long names: whoever types one means something by it, be it the default. */
  given: ReadonlySet<string>;
  /** Of this package. */
  version: string;
  /** The real one. `process.stdout` is where code of strategies prints, which goes to stderr. */
  stdout: NodeJS.WriteStream;
  progress: Progress;
  /** Of the answer's text, what is known before the rest. */
  beginning: Beginning;
  /** Aborted by Ctrl-C or by the loss of the server, when the command answers with what it has; or by a fault. */
  signal: AbortSignal;
  /** To be told where the server of the run is gone. */
  loss: LossListener;
}

/**
 * The beginning of an answer for people, told as soon as it is known. Where it turns out otherwise in the end, the whole
 * answer is told.
 */
export class Beginning {
  readonly #invocation: Told & Pick<Invocation, 'progress'>;
  #said = '';
  #failed: unknown;

  constructor(invocation: Told & Pick<Invocation, 'progress'>) {
    this.#invocation = invocation;
  }

  /** @param text the answer until now: what was told already is not told again */
  readonly tell = (text: string): void => {
    if (isForPrograms(this.#invocation) || text === this.#said) return;
    const more = this.#after(text);
    this.#said = text;
    this.#invocation.progress.end();
    void say(this.#invocation, more).catch((error: unknown) => (this.#failed ??= error));
  };

  /** Tells the rest. @throws as `print`, also of what was told before */
  async end(text: string): Promise<void> {
    if (text !== this.#said) await say(this.#invocation, this.#after(text));
    if (this.#failed !== undefined) throw this.#failed;
  }

  /** A beginning ends with a line. */
  #after(text: string): string {
    if (this.#said === '') return text;
    return text.startsWith(`${this.#said}\n`) ? text.slice(this.#said.length + 1) : `\n${text}`;
  }
}

/** What a command comes to. */
export interface Answer {
  /** For a program: what `--json` prints. Functions in it are left out. */
  document: unknown;
  /** For people. */
  text: string;
  /** Decides the exit code; absent where nothing was judged. */
  verdict?: OverallVerdict;
  /** What kept it from more, or from being written down: told after it, and then decides the exit code. */
  fault?: RunError | undefined;
}

/** What each file of harness/commands/ offers to cli.ts, which loads it when the command is called. */
export interface CommandFile {
  options: readonly Option[];
  /** Command lines that make sense, without the program's name; `--help` shows them. */
  examples: readonly string[];
  /** It runs code of users, which might never give the thread back, or end it. */
  runsStrategies?: true;
  /** It runs large sales with it, in which connections that the code opens itself lead to the run's server. */
  sells?: true;
  /** It takes notice of the options that say which server. */
  needsServer?: true;
  /**
   * A method, so that each command may name the types of its own words and flags.
   *
   * @param words the command's arguments
   * @param flags its options, and those of the program
   */
  run(words: readonly unknown[], flags: object, invocation: Invocation): Promise<Answer>;
}

const isForPrograms = ({ args }: Pick<Invocation, 'args'>): boolean => args.includes('--json');

/**
 * Answers on stdout, which has nothing else: as a document under `--json`, else in words. Settles when it is written, or
 * nobody reads it any more.
 *
 * @throws EnvironmentError if it could not be written
 */
export async function print(
  invocation: Told & Partial<Pick<Invocation, 'beginning'>>,
  { document, text }: Answer,
): Promise<void> {
  if (isForPrograms(invocation)) await write(invocation, JSON.stringify(document, undefined, 2));
  else await (invocation.beginning ? invocation.beginning.end(text) : say(invocation, text));
}

type Told = Pick<Invocation, 'args' | 'stdout'>;

/** Says this text on stdout, on a terminal in lines that fit. @throws as `print` */
export const say = (invocation: Told, text: string): Promise<void> =>
  write(invocation, fitted(text, widthOf(invocation.stdout)));

function write({ stdout }: Told, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stdout.write(`${text}\n`, (error) => {
      const told = error && unwritable('stdout', error);
      if (told) reject(told);
      else resolve();
    });
  });
}

/**
 * Says what went wrong, and what to do: on stderr, and under `--json` on stdout as a document. All is given to the
 * streams before it waits for anything.
 *
 * @returns the exit code
 */
export async function fail(invocation: Told & Pick<Invocation, 'progress'>, error: unknown): Promise<number> {
  const told = faultOf(error);
  if (told === undefined) return 0;
  const { fault, exitCode } = told;
  const text = textOf(fault);
  // What cannot be said on stderr is said where it can.
  const onStdout = isForPrograms(invocation) || isStderr(error);
  // Where stdout fails as well there is nobody to tell.
  const printed = onStdout
    ? print(withoutBeginning(invocation), { document: { error: fault }, text }).catch(() => undefined)
    : undefined;
  invocation.progress.end();
  invocation.progress.line(text);
  await printed;
  return exitCode;
}

const withoutBeginning = ({ args, stdout }: Told): Told => ({ args, stdout });

/** The same beside an answer, which has stdout for itself. @returns the exit code */
export function failBeside({ progress }: Pick<Invocation, 'progress'>, error: RunError): number {
  progress.end();
  progress.line(textOf(explain(error)));
  return error.exitCode;
}

const textOf = ({ message, remedy }: { message: string; remedy: string }): string =>
  shownOnly(`oversell: ${message}\n${remedy}`);

const isStderr = (error: unknown): boolean =>
  error instanceof EnvironmentError && error.code === 'CANNOT_WRITE' && error.message.startsWith('stderr');
