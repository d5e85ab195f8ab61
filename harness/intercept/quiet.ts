import { systemClock as clock } from '../ground/ambient.ts';
import { CannotExplore } from '../explorer/cannot-explore.ts';
import { macrotask } from '../explorer/process/virtual.ts';

/** What is looked at to find out whether anything moves. */
export interface Watched {
  /** Counts all that came in or went out here. */
  activity(): number;
  /** Equal stamps, and the processes did not run between. @returns undefined while one runs */
  stamp(): string | undefined;
  /** Bytes have left that did not arrive yet, as far as can be told here. */
  isWriting(): boolean;
  /** Bytes have arrived that nobody has read. */
  isUnread(): boolean;
  /** What is owed to those who asked. */
  owed(): Owed;
  /** Called whenever nothing moved between two looks; what comes of it is waited for. @throws what must end the run */
  onStill(): void;
}

/**
 * Who asked has an answer, or a command of theirs waits (`nothing`). Fewer commands wait than answers are owed, so that some may
 * wait for others (`behind`). Answers are owed, and no command waits (`all`).
 */
export type Owed = 'nothing' | 'behind' | 'all';

/** How long nothing must have moved, in milliseconds. */
export interface Patience {
  /** Where some may wait for others: a timed wait looks the same, and is over by then. */
  behindMs: number;
  /** Where everybody waits for time to pass. */
  timedMs: number;
}

const PATIENCE: Patience = { behindMs: 300, timedMs: 10_000 };

/** Processes that run on and on without an end. */
const MOST_MOVING_MS = 120_000;
const PAUSE_MS = 1;
/** Looks in a row that see the same. */
const LOOKS = 3;
/** So long it is looked again at once: most reactions take less. */
const EAGER_MS = 1;

/**
 * Waits until nothing moves: between looks, with our own event loop drained each time, no thread ran, nothing came or went, and
 * whoever asked has an answer or a command waiting.
 * @throws CannotExplore where that never comes
 */
export async function untilQuiet(watched: Watched, patience = PATIENCE): Promise<void> {
  const beganNs = clock.monotonicNs();
  let last: string | undefined;
  let sinceNs = beganNs;
  let looks = 0;
  for (;;) {
    await turn();
    const seen = looked(watched);
    if (seen === undefined || seen !== last) {
      if (msSince(beganNs) > MOST_MOVING_MS) throw neverQuiet();
      last = seen;
      looks = 1;
      sinceNs = clock.monotonicNs();
      if (msSince(beganNs) > EAGER_MS) await clock.sleep(PAUSE_MS);
      continue;
    }
    if (++looks < LOOKS) continue;
    watched.onStill();
    if (looked(watched) !== last) continue;
    const owed = watched.owed();
    const stillMs = msSince(sinceNs);
    if (owed === 'nothing' && !watched.isUnread()) return;
    if (owed !== 'all' && stillMs > patience.behindMs) return;
    if (owed === 'all' && stillMs > patience.timedMs) throw stuck(patience.timedMs);
    await clock.sleep(PAUSE_MS);
  }
}

const msSince = (ns: number): number => (clock.monotonicNs() - ns) / 1e6;

function looked(watched: Watched): string | undefined {
  const stamp = watched.isWriting() ? undefined : watched.stamp();
  return stamp === undefined ? undefined : `${stamp} ${watched.activity()}`;
}

/** All that is ready by now was worked off: a whole turn of the loop lies between two of these. */
async function turn(): Promise<void> {
  for (let i = 0; i < 2; i++) await macrotask();
}

const neverQuiet = (): CannotExplore =>
  new CannotExplore(
    `the service ran for ${MOST_MOVING_MS / 1000} s on end, so that nobody could tell when it was done with what it was told`,
    'stop what goes on in it by itself: a poller, a watcher of files, a debugger',
  );

const stuck = (ms: number): CannotExplore =>
  new CannotExplore(
    `a request to the service was neither answered nor waited for Redis: nothing happened for ${ms / 1000} s`,
    'let a purchase wait for nothing but Redis and short pauses; look whether it waits for a lock of the process, a long sleep, or another server',
  );
