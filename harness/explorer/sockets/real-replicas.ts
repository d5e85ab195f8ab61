import { holdsTheSame } from '../server/content.ts';
import type { ServerMemo } from '../server/memo.ts';
import { REPLICAS, WRITES, writesIn, type Behind } from '../server/replicas.ts';
import { putBack, takeSnapshot, type Snapshot } from './snapshot.ts';
import type { WorldClock } from './world-clock.ts';

/** A replica that has stopped following. */
interface Stopped extends Snapshot {
  /** Writes that it has. */
  offset: number;
}

/**
 * The replicas of a sale over real sockets. The server is one, and goes back to what it was when a replica takes over that
 * stopped by then; how much each replica has is told by counting writes, as Redis does it.
 */
export class RealReplicas {
  readonly stops: Stopped[] = [];
  /** One took over that lacked something. */
  lost = false;
  readonly #memo: ServerMemo;
  readonly #clock: WorldClock;
  /** A replica may take over: else all of them follow, whatever is written. */
  readonly #may: boolean;
  readonly #keepsLog: boolean;

  constructor(memo: ServerMemo, clock: WorldClock, world: { may: boolean; keepsLog: boolean }) {
    this.#memo = memo;
    this.#clock = clock;
    this.#may = world.may;
    this.#keepsLog = world.keepsLog;
  }

  /**
   * Runs a command of a connection.
   *
   * @param wroteAt by connection: how many writes there were when it last wrote; brought up to date
   * @returns what it came to, and what stood behind the server by what the connection had written before
   */
  async during<T>(run: () => Promise<T>, wroteAt: number[], connection: number): Promise<T & Behind> {
    const wrote = wroteAt[connection] ?? 0;
    const acknowledged = REPLICAS - this.stops.filter(({ offset }) => offset < wrote).length;
    const before = await this.#offset();
    const ran = await run();
    const offset = await this.#offset();
    if (offset !== before) wroteAt[connection] = offset;
    return { ...ran, acknowledged, keepsLog: this.#keepsLog };
  }

  /** Writes so far. */
  async #offset(): Promise<number> {
    return this.#may ? writesIn((await this.#memo.ask(WRITES)) as string) : 0;
  }

  /** One more replica stops following. */
  async stop(): Promise<void> {
    const snapshot = await takeSnapshot(this.#memo, this.#clock);
    this.stops.push({ ...snapshot, offset: await this.#offset() });
  }

  /** At rest none is behind any more. */
  followAgain(): void {
    this.stops.length = 0;
  }

  /** One takes over: of those that stopped this one, or one that follows. All follow it then. */
  async takeOver(replica: number | undefined): Promise<void> {
    const successor = replica === undefined ? undefined : this.stops[replica];
    this.stops.length = 0;
    if (!successor) return;
    const memo = this.#memo;
    const before = await memo.capture();
    // What stands beside the server has no replica.
    await putBack(memo, this.#clock, { ...successor, outside: memo.outside });
    this.lost ||= !holdsTheSame(before, await memo.capture());
  }
}
