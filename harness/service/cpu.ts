import { readFileSync } from 'node:fs';

/** Ticks in a second: what Linux tells user programs, whatever its kernel counts in. */
const TICKS = 100;

/** CPU time of these processes so far; undefined where nobody tells. One that has ended is not counted any more. */
export function cpuSecondsOf(pids: readonly number[]): number | undefined {
  const known = pids.flatMap((pid) => ticksOf(pid) ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, ticks) => sum + ticks, 0) / TICKS;
}

/** Source: proc(5), /proc/pid/stat: utime and stime are fields 14 and 15, and the name in field 2 may have blanks. */
function ticksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return undefined;
  }
}
