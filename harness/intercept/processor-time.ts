import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

/**
 * Whether the processes of a service run, as Linux tells it: the state of each thread, and the time of the processor that it has
 * used, in nanoseconds. Processes that they fork meanwhile are theirs.
 * Source: proc(5), /proc/[pid]/task/[tid]/stat, schedstat and children.
 */
export class ProcessorTime implements Disposable {
  readonly #roots: readonly number[];
  /** Files that are read again and again, by their paths: to open one takes longer than to read it. */
  readonly #open = new Map<string, number>();
  readonly #buffer = Buffer.alloc(1024);

  constructor(roots: readonly number[]) {
    this.#roots = roots;
  }

  /** Processes that live, those that others have forked included. */
  get pids(): number[] {
    const found = new Set(this.#roots);
    for (const pid of found) {
      for (const thread of threadsOf(pid)) {
        const children = this.#read(`/proc/${pid}/task/${thread}/children`).split(' ');
        for (const child of children) if (child !== '') found.add(Number(child));
      }
    }
    return [...found];
  }

  /** Equal stamps, and nothing ran between. @returns undefined while a thread runs, or is about to */
  stamp(): string | undefined {
    let stamp = '';
    for (const pid of this.pids) {
      stamp += `${pid}:`;
      for (const thread of threadsOf(pid)) {
        const folder = `/proc/${pid}/task/${thread}`;
        const stat = this.#read(`${folder}/stat`);
        const state = stat[stat.lastIndexOf(')') + 2];
        if (state === 'R' || state === 'D') return undefined;
        stamp += `${thread} ${state} ${this.#read(`${folder}/schedstat`).split(' ', 1)[0]},`;
      }
    }
    return stamp;
  }

  [Symbol.dispose](): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }

  /** @returns '' where the thread has ended */
  #read(path: string): string {
    let file = this.#open.get(path);
    try {
      if (file === undefined) this.#open.set(path, (file = openSync(path, 'r')));
      return this.#buffer.toString('latin1', 0, readSync(file, this.#buffer, 0, this.#buffer.length, 0));
    } catch {
      if (file !== undefined) closeSync(file);
      this.#open.delete(path);
      return '';
    }
  }
}

const threadsOf = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // it has ended
  }
};
