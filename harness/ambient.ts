/** The one place where the machine's clock and its randomness come in; everybody else is handed them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  epochMs(): number;
  /** Monotonic nanoseconds. Differences below 2^53 ns (104 days) are exact. */
  monotonicNs(): number;
  sleep(ms: number): Promise<void>;
}

export const systemClock: Clock = {
  epochMs: () => Date.now(),
  monotonicNs: () => Number(process.hrtime.bigint()),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** A seed for a run that was given none; it is printed, so that the run can be repeated. */
export const freshSeed = (): number => Math.floor(Math.random() * 2 ** 31);

/** `2026-01-31T12:00:00.000Z`, in UTC. */
export const isoTime = (epochMs: number): string => new Date(epochMs).toISOString();
