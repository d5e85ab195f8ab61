import { createHook, type AsyncHook } from 'node:async_hooks';
import { filesIn, isOfClientLibrary } from '../ground/client-libraries.ts';
import { stackText } from '../ground/thrown.ts';

let hook: AsyncHook | undefined;

/**
 * From now on, until an exploration begins, no timer comes that a client library sets in code that is only looked at: a client
 * of a cluster that gets no answer would try again, and complain, for as long as the process lives.
 *
 * @param isTheirs whether such code runs here and now
 */
export function stopTimers(isTheirs: () => boolean): void {
  hook ??= createHook({
    init(_id, type, _trigger, resource) {
      if (type !== 'Timeout' || !isTheirs()) return;
      const [file] = filesIn(stackText(new Error('timer')));
      // It is set only after this.
      if (file !== undefined && isOfClientLibrary(file))
        queueMicrotask(() => clearTimeout(resource as NodeJS.Timeout));
    },
  }).enable();
}

/** An exploration has timers of its own: see `virtual.ts`. */
export function letTimers(): void {
  hook?.disable();
  hook = undefined;
}
