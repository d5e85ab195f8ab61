import { performance } from 'node:perf_hooks';

/** The one place where the machine's clock and its randomness come in; everybody else is handed them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  epochMs(): number;
  /** Monotonic nanoseconds. Differences below 2^53 ns (104 days) are exact. */
  monotonicNs(): number;
  sleep(ms: number): Promise<void>;
}

// Bound here, before the explorer makes it virtual for the code that it runs.
const threadMs = performance.now.bind(performance);

/** When this thread's `performance.now` was 0, in nanoseconds of hrtime: the latest reading had the least between. */
const threadStartNs = Math.max(
  ...Array.from({ length: 16 }, () => Number(process.hrtime.bigint()) - threadMs() * 1e6),
);

export const systemClock: Clock = {
  epochMs: () => Date.now(),
  // hrtime, the same for all threads, without the BigInt that it makes at each reading.
  monotonicNs: () => Math.round(threadStartNs + threadMs() * 1e6),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/**
 * When the clock of explored code begins: a year ahead of the server's, so that a deadline that it writes (PXAT, EXAT)
 * passes as an event, and never by real time.
 */
export const yearAhead = (clock: Clock): number => {
  const aheadMs = clock.epochMs() + 365 * DAY_MS;
  // At midnight, so that windows of time begin with every run alike.
  return aheadMs - (aheadMs % DAY_MS);
};
const DAY_MS = 24 * 3_600_000;

/** A seed for a run that was given none; it is printed, so that the run can be repeated. */
export const freshSeed = (): number => Math.floor(Math.random() * 2 ** 31);

/** For packages that want one. */
export const dateAt = (epochMs: number): Date => new Date(epochMs);

/** `2026-01-31T12:00:00.000Z`, in UTC. */
export const isoTime = (epochMs: number): string => new Date(epochMs).toISOString();

/** The time of day where this runs, as 14:05:09. */
export const timeOfDay = (epochMs: number): string => new Date(epochMs).toTimeString().slice(0, 8);

/** Whether whoever looks for the cause of a fault wants to see the stack of what it comes from: OVERSELL_DEBUG=1. */
export const isDebugged = (): boolean => (process.env['OVERSELL_DEBUG'] ?? '') !== '';
