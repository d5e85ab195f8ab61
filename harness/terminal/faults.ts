import { systemClock as clock } from '../ground/ambient.ts';
import { EnvironmentError } from '../ground/errors.ts';

/** How long a command that was told to end may take to clean up behind itself. */
const PATIENCE_MS = 5_000;

/**
 * What happens beside a command and keeps it from its answer: code of a strategy that would end the process, a screen
 * that cannot be written. The first of them ends the command in order.
 */
export class Faults {
  readonly #abort: (reason: unknown) => void;
  readonly #late: Promise<never>;
  #reject!: (fault: unknown) => void;
  #first: Promise<unknown> | undefined;

  /** @param abort aborts the signal that the command listens to */
  constructor(abort: (reason: unknown) => void) {
    this.#abort = abort;
    this.#late = new Promise<never>((_, reject) => (this.#reject = reject));
    this.#late.catch(() => undefined);
  }

  /** Tells of one. It may take a moment to be put into words, and counts from now on. */
  readonly tell = (fault: unknown): void => {
    if (this.#first !== undefined) return;
    this.#first = Promise.resolve(fault);
    void this.#first.then(async (found) => {
      this.#abort(found);
      await clock.sleep(PATIENCE_MS);
      this.#reject(found);
    });
  };

  /** What the work comes to. @throws the first fault, as soon as the work has ended or ends too slowly */
  async unless<T>(work: Promise<T>): Promise<T> {
    try {
      const done = await Promise.race([work, this.#late]);
      if (this.#first === undefined) return done;
    } catch (error) {
      if (this.#first === undefined) throw error;
    }
    throw await this.#first;
  }
}

/** Whoever read it has gone away: nobody is left to be told of that. */
const GONE = new Set(['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** What is to be told of a stream that could not be written; undefined: nothing, nobody reads it any more. */
export function unwritable(
  stream: 'stdout' | 'stderr',
  { code, message }: NodeJS.ErrnoException,
): EnvironmentError | undefined {
  if (GONE.has(code ?? '')) return undefined;
  return new EnvironmentError(
    'CANNOT_WRITE',
    `${stream} cannot be written: ${message}`,
    'make room where it goes, or send it elsewhere',
  );
}
