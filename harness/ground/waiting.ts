/** Waiting for what may never come: a strategy's promises settle when they like. */
import { isLoss } from './errors.ts';

/** What `atMost` answers when the time was over first. */
export const LATE = Symbol('late');

/** Waits for a promise, but no longer than that. Neither keeps the process alive. */
export async function atMost<T>(ms: number, promise: Promise<T>): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), ms).unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The same, where late is a failure. @throws Error that says what did not end */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  const value = await atMost(ms, promise);
  if (value === LATE) throw new Error(`${what} did not end within ${ms} ms`);
  return value;
}

/** Waits for a promise until the signal is aborted. @throws the signal's reason, as soon as it is */
export async function unlessAborted<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (!signal) return promise;
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    // The promise is raced even where the signal was first: nobody else looks at how it ends.
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener('abort', abort!);
  }
}

/**
 * Waits for a promise that may never settle once the server of the run is lost.
 * @param graceMs how long what was found until then may take to be put together
 * @throws the loss
 */
export async function unlessLost<T>(
  signal: AbortSignal | undefined,
  promise: Promise<T>,
  graceMs = 0,
): Promise<T> {
  if (!signal) return promise;
  const late = new AbortController();
  const onAbort = (): void => {
    if (isLoss(signal.reason)) setTimeout(() => late.abort(signal.reason), graceMs);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await unlessAborted(late.signal, promise);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
