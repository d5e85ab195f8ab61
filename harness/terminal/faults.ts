import { EnvironmentError, UsageError, type RunError } from '../ground/errors.ts';
import { LATE } from '../ground/waiting.ts';

/** How long a command that was told to end may take to clean up behind itself. */
const PATIENCE_MS = 5_000;
/** And one that can still answer with what it has found: as a rule it does at once, but not on a machine that is busy. */
const FOUND_PATIENCE_MS = 20_000;

/** How long what happens beside it may take to be told, where the work fails of it first: a server that was killed. */
const TOLD_SOON_MS = 1_000;

/**
 * What happens beside a command and keeps it from its answer: code of a strategy that would end the process, a screen
 * that cannot be written, a server that is gone. The first of them ends the command in order.
 */
export class Faults {
  readonly #abort: (reason: unknown) => void;
  /** Answers with the first fault. */
  readonly #first: Promise<unknown>;
  #resolve!: (fault: unknown) => void;
  #told = false;
  #loss: RunError | undefined;

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

  /** Tells of one after which the command can still answer with what it has found. */
  readonly lose = (fault: RunError): void => {
    if (this.#told) return;
    this.#loss = fault;
    this.tell(fault);
  };

  /** What was lost, if anything was. */
  get loss(): RunError | undefined {
    return this.#loss;
  }

  /**
   * What the work comes to, also where something was lost meanwhile.
   * @throws the first fault, as soon as the work has ended or ends too slowly
   */
  async unless<T>(work: Promise<T>): Promise<T> {
    using patience = new Patience();
    try {
      const late = this.#first
        .then(() => patience.over(this.#loss ? FOUND_PATIENCE_MS : PATIENCE_MS))
        .then(() => LATE);
      const done = await Promise.race([work, late]);
      if (done !== LATE && (!this.#told || this.#loss)) return done as T;
    } catch (error) {
      if (!this.#told && !(await this.#isTold(error))) throw error;
    }
    throw await this.#first;
  }

  /** Whether an error of the work is what something beside it has brought about. */
  async #isTold(error: unknown): Promise<boolean> {
    if (error instanceof UsageError) return false;
    // It keeps the process: nothing else may be left that does.
    const late = new Promise((resolve) => setTimeout(resolve, TOLD_SOON_MS, LATE));
    return (await Promise.race([this.#first, late])) !== LATE;
  }
}

/** Keeps the process for as long as it is waited for, and no longer. */
class Patience {
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /** Settles when it is at its end. */
  over(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#disposed) this.#timer = setTimeout(resolve, ms);
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
