import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { systemClock as clock } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import { onExit } from '../ground/lifetime.ts';
import { ours } from '../ground/ours.ts';
import { atMost } from '../ground/waiting.ts';

export interface TreeOptions {
  command: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Told what it says, on stdout and stderr. */
  onOutput: (text: string) => void;
}

/** A program and all that it started, its own servers and those that went into the background too. */
export interface ProcessTree {
  /** Settles when the program itself has ended, with what there is to tell of that. */
  ended: Promise<string>;
  /** Those that live. Where nobody tells (not Linux), the program alone. */
  pids(): number[];
  /** SIGTERM to all; those that are left after the grace get SIGKILL. Settles when all are gone. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL to all, at once. Settles when all are gone. */
  kill(): Promise<void>;
}

/**
 * Starts the program in a process group of its own, where no Ctrl-C reaches it. Standard input of the watcher is a pipe that
 * only our process holds: when it ends, the group is killed, so that the service ends with us however we end. What left
 * the group is found by a mark in its environment, and what wrote its title over that (Ruby, PHP and Perl do) by its parents.
 */
const WATCHER = `
  trap : TERM
  exec 3<&0
  OVERSELL_SERVICE=$1
  export OVERSELL_SERVICE
  shift
  "$@" 3<&- </dev/null &
  service=$!
  unset OVERSELL_SERVICE
  {
    trap '' TERM INT HUP
    cat <&3 >/dev/null
    kill -KILL 0
  } &
  wait "$service"
  status=$?
  while kill -0 "$service" 2>/dev/null; do
    wait "$service"
    status=$?
  done
  exit "$status"
`;

const POLL_MS = 10;

/** @throws UsageError if the system takes no such command, folder or environment */
export function startTree({ command, cwd, env, onOutput }: TreeOptions): ProcessTree {
  const mark = randomUUID();
  const watcher = startable(() =>
    spawn('/bin/sh', ['-c', WATCHER, 'oversell-service', mark, ...command], {
      cwd,
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  );
  watcher.stdin.on('error', () => undefined); // it has ended already
  for (const stream of [watcher.stdout, watcher.stderr] as Readable[]) {
    stream.setEncoding('utf8').on('data', onOutput);
  }
  const ended = once(watcher, 'exit').then(
    ([exitCode, signal]) =>
      signal === null ? `it ended with exit code ${exitCode}` : `it was ended by ${signal}`,
    (error: Error) => error.message,
  );
  let over = false;
  const living = (): number[] => [...new Set([...marchingUnder(mark), ...startedBy(watcher.pid)])];
  const seen = new Seen();
  const kill = async (): Promise<void> => {
    seen.note(living());
    watcher.stdin.end();
    await ended;
    for (;;) {
      seen.note(marchingUnder(mark));
      const left = seen.left();
      if (left.length === 0) break;
      for (const pid of left) signalTo(pid, 'SIGKILL');
      await clock.sleep(POLL_MS);
    }
    // Whoever has hidden from us may hold the other end, and would keep our process from ending.
    for (const stream of [watcher.stdout, watcher.stderr]) stream.destroy();
    over = true;
    unregister();
  };
  const unregister = onExit({ release: kill });
  return {
    ended,
    pids: () => (over ? [] : process.platform === 'linux' ? living() : [watcher.pid!]),
    async stop(graceMs) {
      seen.note(living());
      signalTo(-watcher.pid!, 'SIGTERM');
      const deadlineNs = clock.monotonicNs() + graceMs * 1e6;
      await atMost(graceMs, ended);
      while (living().length > 0 && clock.monotonicNs() < deadlineNs) await clock.sleep(POLL_MS);
      await kill();
    },
    kill,
  };
}

/**
 * Processes that were there. One that is killed loses its memory first, and its mark with it, and then its sockets: until
 * that is over it is not gone, and whoever takes its place finds the port in use.
 */
class Seen {
  /** When each was started, by which it is told from a later one of its number. */
  readonly #started = new Map<number, string>();

  note(pids: readonly number[]): void {
    for (const pid of pids) {
      const started = startOf(pid);
      if (started !== undefined) this.#started.set(pid, started);
    }
  }

  /** Those that have not ended yet. */
  left(): number[] {
    return [...this.#started].flatMap(([pid, started]) => (startOf(pid) === started ? [pid] : []));
  }
}

/** When a process was started, in ticks since the machine was; undefined if it has ended. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program may hold anything, so what follows it is counted from its end.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}

/** Starts a program of a service file. @throws UsageError if there can be none of that kind */
export function startable<T>(start: () => T): T {
  try {
    return ours(start);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'E2BIG' ? 'its command is too long for the system' : message;
    const remedy = 'correct its commands, cwd and env';
    throw new UsageError('NO_SERVICE', `the service file: ${why}`, remedy, { cause });
  }
}

/** Sends a signal to whoever is still there. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/**
 * Processes that descend from the watcher, its own helper apart: that is a copy of it which runs no other program, as whoever is
 * to become the service is for a moment.
 */
function startedBy(watcher: number | undefined): number[] {
  if (process.platform !== 'linux' || watcher === undefined) return [];
  const own = commandLineOf(watcher);
  const found = new Set(childrenOf(watcher).filter((pid) => commandLineOf(pid) !== own));
  for (const pid of found) for (const child of childrenOf(pid)) found.add(child);
  return [...found];
}

function commandLineOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return undefined; // it has ended
  }
}

/** Source: proc(5), /proc/[pid]/task/[tid]/children. */
function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const texts = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1'));
    return texts.flatMap((text) => text.split(' ').filter((word) => word !== '')).map(Number);
  } catch {
    return []; // it has ended
  }
}

/** Processes that were started with this mark, and those that they started. */
function marchingUnder(mark: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'latin1');
      return environment.includes(`OVERSELL_SERVICE=${mark}\0`) ? [Number(name)] : [];
    } catch {
      return []; // it has ended, or is another user's
    }
  });
}
