import { systemClock } from './ambient.ts';

/** Something that must not outlive the run: a server, a temporary folder, keys on a borrowed server. */
export interface Resource {
  release(): Promise<void>;
  /** What can be done at once when the process ends without waiting. */
  releaseNow?(): void;
}

/** The register of everything that is live in this process. */
const live = new Set<Resource>();

/** @returns how to take the resource off the register, once it is released */
export function onExit(resource: Resource): () => void {
  if (live.size === 0) process.once('exit', releaseAllNow);
  live.add(resource);
  return () => {
    live.delete(resource);
    if (live.size === 0) process.off('exit', releaseAllNow);
  };
}

/** Runs at every end of the process but kill -9: uncaught exceptions and forced exits too. */
function releaseAllNow(): void {
  for (const resource of live) resource.releaseNow?.();
}

/** The latest first: it may need an earlier one. */
async function releaseAll(): Promise<void> {
  const failures: unknown[] = [];
  for (const resource of [...live].toReversed()) await resource.release().catch((e) => failures.push(e));
  if (failures.length > 0) throw failures[0];
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Why the signal that a command is handed was aborted. */
class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: keyof typeof EXIT_CODES) {
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
  const onSignal = (signal: keyof typeof EXIT_CODES): void => {
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
