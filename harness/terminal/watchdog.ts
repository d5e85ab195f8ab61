import { once } from 'node:events';
import { closeSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { busy } from '../ground/busy.ts';
import { endProcess } from '../ground/ending.ts';
import { EnvironmentError, UsageError, type RunError } from '../ground/errors.ts';
import { collectGarbage, heapInUse, heapLimitBytes } from '../ground/memory.ts';
import { HELD_MS, patientMs } from '../ground/patience.ts';

export interface WatchdogOptions {
  /** How long a strategy may hold the thread at a stretch. Default: 10 000, or as long as `--patience` says. */
  limitMs?: number;
  /**
   * Tells of the fault. It runs on the thread that is held, while the strategy's code stands still under it, so it
   * must not wait; when it returns, the process ends with the fault's exit code.
   */
  onStuck: (error: RunError) => void;
}

/** Under which symbol the watchdog's thread, through the debugger, finds what it needs in this one. */
export const FOR_WATCHDOG = Symbol.for('oversell.watched');

/** What the watchdog's thread is started with. */
export interface Watched {
  busy: SharedArrayBuffer;
  limitMs: number;
  heapLimitBytes: number;
}

/** What it found that cannot go on. */
export interface Fatal {
  /** Code of the user's has done it. */
  isTheirs: boolean;
  code: string;
  message: string;
  remedy: string;
}

/**
 * Watches the main thread from another one: code of a strategy that never gives the thread back (an endless loop, also
 * one of resolved promises) is found where it is, and the process ends; and so it does where its memory is full. It ends,
 * because such code cannot be unwound: V8 can terminate it, but not under async hooks, which the explorer needs.
 *
 * Call it on the main thread, once. @throws EnvironmentError if the watchdog's thread was not compiled
 */
export async function startWatchdog({
  limitMs = patientMs(HELD_MS),
  onStuck,
}: WatchdogOptions): Promise<AsyncDisposable> {
  const file = fileURLToPath(import.meta.resolve('#watchdog'));
  if (!existsSync(file)) throw new EnvironmentError('NOT_BUILT', `${file} is missing`, 'npm run build');
  const report = ({ isTheirs, code, message, remedy }: Fatal): void => {
    const error = new (isTheirs ? UsageError : EnvironmentError)(code, message, remedy);
    onStuck(error);
    // As the last of all: Node would say that it waits for a debugger.
    process.on('exit', () => closeSync(2));
    endProcess(error.exitCode);
  };
  Object.defineProperty(globalThis, FOR_WATCHDOG, {
    value: { report, heapInUse, collectGarbage },
    configurable: true,
  });
  const worker = new Worker(file, {
    workerData: { busy: busy.buffer, limitMs, heapLimitBytes: heapLimitBytes() } satisfies Watched,
  });
  await once(worker, 'online');
  worker.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      Reflect.deleteProperty(globalThis, FOR_WATCHDOG);
      await worker.terminate();
    },
  };
}
