import { endWith } from '../ground/ending.ts';
import { EnvironmentError } from '../ground/errors.ts';
import { progressOn } from '../ground/progress.ts';
import { hideSecretsOnStderr } from '../ground/standard-streams.ts';
import { onStray } from '../ground/strays.ts';
import { Beginning, fail, type Invocation } from './answer.ts';
import { Faults, unwritable } from './faults.ts';
import { Interrupted, interruptible } from './interruption.ts';
import { hideLogins } from './process-title.ts';

/** Over code of users, which must not have the last word. */
export interface Watch {
  /** From now on, whatever that code still does counts for nothing. */
  over(): Promise<void>;
  /** Leaves the process as it was, for one that goes on. */
  restore(): void;
}

/** What happens in the process of a command, beside its work. */
export interface Conduct {
  readonly faults: Faults;
  /** Set where code of users is run. */
  watch?: Watch;
}

/** Before its words are read. */
export type Unread = Omit<Invocation, 'given'>;

/** What the process was started with. */
type Typed = Pick<Invocation, 'script' | 'args' | 'version'>;

/**
 * Runs a command as what this process is there for: its exit code is that of the command, or of the first fault; no
 * login stands on its screen or in its title; and where code of users was run, it ends, whatever that has left to do.
 *
 * @param command answers with its exit code
 */
export async function asProcess(
  typed: Typed,
  command: (invocation: Unread, conduct: Conduct) => Promise<number>,
): Promise<void> {
  hideLogins(typed.args);
  const cleanScreen = hideSecretsOnStderr();
  const { stdout, stderr } = process;
  const screen = { ...typed, stdout, progress: progressOn(stderr) };
  const told = { ...screen, beginning: new Beginning(screen) };
  let conduct: Conduct | undefined;
  let interruption: AbortSignal | undefined;
  process.exitCode = await interruptible(async (signal, abort) => {
    interruption = signal;
    conduct = { faults: faultsBeside(abort) };
    const { progress } = told;
    const loss = { onLost: conduct.faults.lose, doing: () => progress.doing };
    const invocation = { ...told, signal, loss };
    try {
      return await command(invocation, conduct);
    } catch (error) {
      if (signal.reason instanceof Interrupted && !isKeysLeft(error)) throw error;
      const exitCode = await fail(invocation, error);
      // Where something that is released never tells that it is, Node would end with a code of its own.
      process.exitCode ??= exitCode;
      return exitCode;
    }
  }).catch((error: unknown) => fail(told, error));
  if (conduct?.watch) {
    await conduct.watch.over();
    endWith(process.exitCode); // in tests, the process goes on
    conduct.watch.restore();
  }
  // As Node tidies up behind a process that ends by itself, the next Ctrl-C would kill it.
  if (interruption?.reason instanceof Interrupted) endWith(process.exitCode);
  cleanScreen[Symbol.dispose]();
}

/** Those of the screen, and errors of ours that nobody catches. */
function faultsBeside(abort: (reason: unknown) => void): Faults {
  const faults = new Faults(abort);
  process.stderr.on('error', (error) => {
    const fault = unwritable('stderr', error);
    if (fault) faults.tell(fault);
  });
  // Whoever writes there is told in the callback.
  process.stdout.on('error', () => undefined);
  // A raw crash would have the exit code of a violation. (Code of users has a guard of its own.)
  onStray((error) => {
    faults.tell(error);
    return true;
  });
  return faults;
}

const isKeysLeft = (error: unknown): boolean =>
  error instanceof EnvironmentError && error.code === 'KEYS_LEFT';
