import { systemClock } from '../ground/ambient.ts';
import { endProcess } from '../ground/ending.ts';
import { releaseAll } from '../ground/lifetime.ts';
import { atMost } from '../ground/waiting.ts';
import { EXIT_CODES } from './exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/** Why the signal that a command is handed was aborted. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: Signal) {
    super(`interrupted by ${signal}`);
    this.name = 'Interrupted';
    this.exitCode = EXIT_CODES[signal];
  }
}

/** One Ctrl-C can arrive twice, from the terminal and passed on by npm; a second one is a person's. */
const SAME_KEYSTROKE_NS = 500e6;

/** How long a person who is impatient waits for what must not be left, such as keys on somebody's server. */
const IMPATIENT_MS = 3_000;

/**
 * Runs a command so that SIGINT, SIGTERM and SIGHUP end it in order: the first aborts the signal that the command is
 * handed and lets it write what it has; a later one no longer waits for the command. Whatever is on the register is
 * released in every case.
 *
 * @param command is handed the signal, and what aborts it for another reason
 * @returns the command's exit code; 129, 130 or 143 if it was interrupted
 */
export async function interruptible(
  command: (interrupted: AbortSignal, abort: (reason: unknown) => void) => Promise<number>,
): Promise<number> {
  const controller = new AbortController();
  let first: { at: number; exitCode: number } | undefined;
  const onSignal = (signal: Signal): void => {
    const now = systemClock.monotonicNs();
    if (first === undefined) {
      const reason = new Interrupted(signal);
      first = { at: now, exitCode: reason.exitCode };
      controller.abort(reason);
    } else if (now - first.at > SAME_KEYSTROKE_NS) {
      void endSoon(first.exitCode);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  running++;
  try {
    const exitCode = await command(controller.signal, (reason) => controller.abort(reason));
    return first?.exitCode ?? exitCode;
  } catch (error) {
    if (first === undefined) throw error;
    return first.exitCode;
  } finally {
    await releaseAll();
    // Who was interrupted ends with that exit code: the next Ctrl-C, before the process is gone, must not kill it without
    // one. Nor must the first, where the answer is out already.
    running--;
    if (first === undefined) {
      endAsItIs();
      for (const signal of SIGNALS) process.off(signal, onSignal);
    }
  }
}

/** In tests, one process runs several commands, one after the other. */
let running = 0;
let endsAsItIs = false;

/** From now on a signal that comes while no command runs ends the process at once, with the exit code that it has. */
function endAsItIs(): void {
  if (endsAsItIs) return;
  endsAsItIs = true;
  for (const signal of SIGNALS) process.on(signal, endIfOver);
}

function endIfOver(): void {
  if (running === 0) endProcess(Number(process.exitCode ?? 0));
}

let ending = false;

/** A third one changes nothing: on a busy machine it would come before our keys are off somebody's server. */
async function endSoon(exitCode: number): Promise<void> {
  if (ending) return;
  ending = true;
  await atMost(IMPATIENT_MS, releaseAll()).catch(() => undefined);
  endProcess(exitCode);
}
