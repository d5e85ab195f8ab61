import { readFileSync, readlinkSync } from 'node:fs';

/** Of the processor's time, as Linux counts it: 100 Hz for every program. */
const TICK_MS = 10;

/** Milliseconds of the processor that a thread of this process has used; undefined where nobody tells (not Linux). */
function threadCpuMs(thread: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return undefined;
  }
}

/** The number of this thread, as the system has it; 0 where it does not tell. */
export function ownThread(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    return 0;
  }
}

/** A busy machine gives a thread less of its time; code that waits without using any is stuck all the same. */
const MOST_TIMES = 6;

/** How long a thread has been held: by the time that it has used, and by the clock where it uses next to none. */
export class Held {
  readonly #thread: number;
  readonly #limitMs: number;
  readonly #cpuMs: number | undefined;
  readonly #sinceMs: number;

  /** From now on. @param nowMs of a monotonic clock */
  constructor(thread: number, limitMs: number, nowMs: number) {
    this.#thread = thread;
    this.#limitMs = limitMs;
    this.#cpuMs = threadCpuMs(thread);
    this.#sinceMs = nowMs;
  }

  tooLong(nowMs: number): boolean {
    const passedMs = nowMs - this.#sinceMs;
    if (passedMs <= this.#limitMs) return false;
    const cpuMs = threadCpuMs(this.#thread);
    const usedMs = cpuMs === undefined || this.#cpuMs === undefined ? passedMs : cpuMs - this.#cpuMs;
    return usedMs > this.#limitMs || passedMs > MOST_TIMES * this.#limitMs;
  }
}
