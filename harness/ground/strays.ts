/** Errors that nobody catches, and who looks after them. In production they end the process. */

import { thrownWords } from './thrown.ts';

/** What Node calls the two kinds. */
export type StrayKind = 'unhandledRejection' | 'uncaughtException';

/** @returns whether it has looked after the error; else an earlier one is asked */
export type StrayKeeper = (error: unknown, kind: StrayKind) => boolean;

/**
 * What ioredis rejects with when a connection was closed on purpose. We close them all at the end, and what code of a
 * strategy still sends then is nobody's fault.
 */
export const isOfClosedConnection = (error: unknown): boolean =>
  thrownWords(error).message === 'Connection is closed.';

const keepers: StrayKeeper[] = [];

const dispatch =
  (kind: StrayKind) =>
  (error: unknown): void => {
    if (keepers.toReversed().some((keep) => keep(error, kind))) return;
    // Somebody beside us may listen for the same: the code that is judged, or what runs our tests.
    if (!othersListen(kind)) throw error;
  };

const LISTENERS = {
  unhandledRejection: dispatch('unhandledRejection'),
  uncaughtException: dispatch('uncaughtException'),
};

/** Whether somebody else listens, who looks after the errors of this kind by himself. For keepers to ask. */
export const othersListen = (kind: StrayKind): boolean => process.listenerCount(kind) > 1;

/** Asks the keeper, the latest first, about each error of this thread that nobody catches. */
export function onStray(keeper: StrayKeeper): Disposable {
  if (keepers.length === 0) {
    process.on('unhandledRejection', LISTENERS.unhandledRejection);
    process.on('uncaughtException', LISTENERS.uncaughtException);
  }
  keepers.push(keeper);
  return {
    [Symbol.dispose]: () => {
      const at = keepers.lastIndexOf(keeper);
      if (at >= 0) keepers.splice(at, 1);
      if (at < 0 || keepers.length > 0) return;
      process.off('unhandledRejection', LISTENERS.unhandledRejection);
      process.off('uncaughtException', LISTENERS.uncaughtException);
    },
  };
}
