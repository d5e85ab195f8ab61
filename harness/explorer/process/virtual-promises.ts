import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Patch } from './virtual-clocks.ts';

/** `timers/promises` over the timers that are global at each call, so that explored code waits in virtual time. */

interface Options {
  signal?: AbortSignal;
}

/** Waits for `set` to call back; a signal ends it as it ends Node's. */
function until<T>(value: T, { signal }: Options = {}, set: (done: () => void) => () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clear();
      reject(aborted(signal!));
    };
    const clear = signal?.aborted
      ? () => {}
      : set(() => {
          signal?.removeEventListener('abort', abort);
          resolve(value);
        });
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });
  });
}

function aborted(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

const sleep = <T>(ms = 0, value?: T, options?: Options): Promise<T | undefined> =>
  until(value, options, (done) => {
    const timer = globalThis.setTimeout(done, ms);
    return () => globalThis.clearTimeout(timer);
  });

const turn = <T>(value?: T, options?: Options): Promise<T | undefined> =>
  until(value, options, (done) => {
    const immediate = globalThis.setImmediate(done);
    return () => globalThis.clearImmediate(immediate);
  });

/** Ticks that come while the loop's body waits are not lost: they follow at once, as Node's do. */
async function* ticks<T>(ms = 1, value?: T, { signal }: Options = {}): AsyncGenerator<T | undefined> {
  let due = 0;
  let wake: (() => void) | undefined;
  const timer = globalThis.setInterval(() => {
    due++;
    wake?.();
  }, ms);
  const abort = (): void => wake?.();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for (;;) {
      if (due === 0 && !signal?.aborted) await new Promise<void>((resolve) => (wake = resolve));
      if (signal?.aborted) throw aborted(signal);
      for (; due > 0; due--) yield value;
    }
  } finally {
    globalThis.clearInterval(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** What explored code gets for `timers/promises`. */
export const virtualPromises = (real: object): object => ({
  ...real,
  setTimeout: sleep,
  setImmediate: turn,
  setInterval: ticks,
  scheduler: { wait: (ms: number, options?: Options) => sleep(ms, undefined, options), yield: () => turn() },
});

type Waits = Record<'setTimeout' | 'setImmediate' | 'setInterval', (...args: unknown[]) => unknown>;

/** The module itself waits so for explored code, as packages take what they need from it. */
export function patchPromises(patch: Patch, isExplored: () => boolean): void {
  const real = timersPromises as unknown as Waits;
  const virtual = virtualPromises({}) as Waits;
  for (const name of ['setTimeout', 'setImmediate', 'setInterval'] as const) {
    const before = real[name];
    patch(real, name, (...args) => (isExplored() ? virtual[name](...args) : before(...args)));
  }
}

/** Gives a timer function what `util.promisify` makes of Node's own. */
export const promisified = <F extends object>(timer: F, kind: 'setTimeout' | 'setImmediate'): F =>
  Object.assign(timer, { [promisify.custom]: kind === 'setTimeout' ? sleep : turn });

/** A signal that aborts when a timer that is global at the call fires. */
export function timeoutSignal(ms: number): AbortSignal {
  const controller = new AbortController();
  const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  globalThis.setTimeout(() => controller.abort(reason), ms).unref();
  return controller.signal;
}
