import { spawn } from 'node:child_process';
import { EnvironmentError } from '../ground/errors.ts';
import { patientMs } from '../ground/patience.ts';
import { signalTo, startable } from './process-tree.ts';

/** Where a service's commands run. */
export interface CommandPlace {
  cwd: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** The same command inside a network of its own. */
  enter?: (command: readonly string[]) => string[];
}

const MOST_CHARACTERS = 256 << 20;

/** It empties a table, loads a product or reads a ledger: one that takes longer waits for what does not come. */
const STEP_MS = 60_000;

/** It compiles, or fetches packages. */
export const BUILD_MS = 1_800_000;

/**
 * Runs a program to its end, in a process group of its own: it is ended with all that it has started, and `kill 0` in a
 * script of theirs does not end us.
 *
 * @param usualMs how long it may take, unless `--patience` says more
 * @returns what it said on stdout
 * @throws EnvironmentError if it fails, says too much or takes too long
 */
export async function runCommand(
  command: readonly string[],
  { cwd, env, signal, enter }: CommandPlace,
  usualMs = STEP_MS,
): Promise<string> {
  const [program = '', ...args] = enter ? enter(command) : command;
  const words = command.join(' ');
  const limitMs = patientMs(usualMs);
  const child = startable(() =>
    spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  return new Promise((resolve, reject) => {
    let [stdout, stderr] = ['', ''];
    const end = (error: Error): void => {
      if (child.pid !== undefined) signalTo(-child.pid, 'SIGKILL');
      // Whoever left that group may hold them open.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(error);
    };
    const aborted = (): void => end(failed(words, 'it was interrupted'));
    const late = setTimeout(() => end(neverEnded(words, limitMs)), limitMs);
    signal?.addEventListener('abort', aborted);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.length > MOST_CHARACTERS)
        end(failed(words, `it says more than ${MOST_CHARACTERS} characters`));
    });
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (stderr = (stderr + text).slice(-MOST_TOLD)));
    child.on('error', ({ message }) => end(failed(words, message)));
    child.on('close', (code, killedBy) => {
      clearTimeout(late);
      signal?.removeEventListener('abort', aborted);
      if (code === 0) resolve(stdout);
      else reject(failed(words, code === null ? `it was ended by ${killedBy}` : `exit code ${code}`, stderr));
    });
    if (signal?.aborted) aborted();
  });
}

/** Of what it says of its failure, the end. */
const MOST_TOLD = 4_000;

const neverEnded = (command: string, limitMs: number): EnvironmentError =>
  new EnvironmentError(
    'COMMAND_FAILED',
    `${command} did not end within ${limitMs / 1_000} s`,
    'run it by hand, and see what it waits for; or allow it more time with --patience',
  );

function failed(command: string, why: string, stderr = ''): EnvironmentError {
  const said = stderr.trim().split('\n').slice(-5).join('\n');
  return new EnvironmentError(
    'COMMAND_FAILED',
    `${command}: ${why}${said && `\n${said}`}`,
    'run it by hand, and correct it',
  );
}
