import { systemClock } from '../ground/ambient.ts';
import { releaseAll } from '../ground/lifetime.ts';
import { EXIT_CODES } from './exit-codes.ts';

type Signal = 'SIGINT' | 'SIGTERM';

/** Why the signal that a command is handed was aborted. */
class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: Signal) {
    super(`interrupted by ${signal}`);
    this.name = 'Interrupted';
    this.exitCode = EXIT_CODES[signal];
  }
}

/** One Ctrl-C can arrive twice, from the terminal and passed on by npm; a second one is a person's. */
const SAME_KEYSTROKE_NS = 500e6;

/**
 * Runs a command so that SIGINT and SIGTERM end it in order: the first aborts the signal that the command is handed
 * and lets it write what it has; a later one ends the process at once. Whatever is on the register is released
 * in every case.
 *
 * @returns the command's exit code; 130 or 143 if it was interrupted
 */
export async function interruptible(command: (interrupted: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  let first: { at: number; exitCode: number } | undefined;
  const onSignal = (signal: Signal): void => {
    const now = systemClock.monotonicNs();
    if (first === undefined) {
      const reason = new Interrupted(signal);
      first = { at: now, exitCode: reason.exitCode };
      controller.abort(reason);
    } else if (now - first.at > SAME_KEYSTROKE_NS) {
      process.exit(first.exitCode);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  try {
    const exitCode = await command(controller.signal);
    return first?.exitCode ?? exitCode;
  } catch (error) {
    if (first === undefined) throw error;
    return first.exitCode;
  } finally {
    await releaseAll();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  }
}
