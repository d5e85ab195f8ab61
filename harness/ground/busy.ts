/**
 * Odd while code of a strategy holds this thread, and another number each time it does: what a watchdog looks at.
 * One per thread, shared with that thread's watchdog alone.
 */
export const busy = new Int32Array(new SharedArrayBuffer(4));

/** A strategy's code gets the thread, or gives it back. Costs nanoseconds: explored code changes hands often. */
export const handOver = (): void => void Atomics.add(busy, 0, 1);

/** It has given the thread back for a moment, and gets it again. */
const stillAlive = (): void => void Atomics.add(busy, 0, 2);

const BEAT_MS = 100;

/** For as long as it lasts, code of a strategy may hold this thread, between whatever else goes on in it. */
export function lentThread(beatMs = BEAT_MS): Disposable {
  handOver();
  const beating = setInterval(stillAlive, beatMs).unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(beating);
      handOver();
    },
  };
}
