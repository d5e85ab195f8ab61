/** Puts another value in the place of a property. */
export type Patch = <T extends object, K extends keyof T>(target: T, key: K, value: T[K]) => void;

/**
 * Clocks of the process itself: `process.hrtime` and `process.uptime`.
 * @param sinceStartMs what explored code is told, in milliseconds; undefined for everybody else
 */
export function patchClocks(patch: Patch, sinceStartMs: () => number | undefined): void {
  const realHrtime = process.hrtime.bind(process);
  const realBigint = process.hrtime.bigint.bind(process.hrtime);
  const realUptime = process.uptime.bind(process);
  const hrtime = (before?: [number, number]): [number, number] => {
    const ms = sinceStartMs();
    if (ms === undefined) return realHrtime(before);
    const [seconds, nanos] = before ?? [0, 0];
    const ns = ms * 1e6 - seconds * 1e9 - nanos;
    return [Math.floor(ns / 1e9), ((ns % 1e9) + 1e9) % 1e9];
  };
  const bigint = (): bigint => {
    const ms = sinceStartMs();
    return ms === undefined ? realBigint() : BigInt(ms) * 1_000_000n;
  };
  patch(process, 'hrtime', Object.assign(hrtime, { bigint }));
  patch(process, 'uptime', () => {
    const ms = sinceStartMs();
    return ms === undefined ? realUptime() : ms / 1000;
  });
}
