import { EnvironmentError } from '../ground/errors.ts';

/** How long a command that was told to end may take to clean up behind itself. */
const PATIENCE_MS = 5_000;

/**
 * What happens beside a command and keeps it from its answer: code of a strategy that would end the process, a screen
 * that cannot be written. The first of them ends the command in order.
 */
export class Faults {
  readonly #abort: (reason: unknown) => void;
  /** Answers with the first fault. */
  readonly #first: Promise<unknown>;
  #resolve!: (fault: unknown) => void;
  #told = false;

  /** @param abort aborts the signal that the command listens to */
  constructor(abort: (reason: unknown) => void) {
    this.#abort = abort;
    this.#first = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Tells of one. It may take a moment to be put into words, and counts from now on. */
  readonly tell = (fault: unknown): void => {
    if (this.#told) return;
    this.#told = true;
    void Promise.resolve(fault).then((found) => {
      this.#abort(found);
      this.#resolve(found);
    });
  };

  /** What the work comes to. @throws the first fault, as soon as the work has ended or ends too slowly */
  async unless<T>(work: Promise<T>): Promise<T> {
    using patience = new Patience();
    try {
      const done = await Promise.race([work, this.#first.then(() => patience.over())]);
      if (!this.#told) return done as T;
    } catch (error) {
      if (!this.#told) throw error;
    }
    throw await this.#first;
  }
}

/** Keeps the process for as long as it is waited for, and no longer. */
class Patience {
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /** Settles when it is at its end. */
  over(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#disposed) this.#timer = setTimeout(resolve, PATIENCE_MS);
    });
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
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
