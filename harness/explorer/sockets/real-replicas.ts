import type { Reply } from '../../wire/resp.ts';
import { holdsTheSame } from '../server/content.ts';
import type { ServerMemo } from '../server/memo.ts';
import { REPLICAS, WRITES, writesIn, type Behind } from '../server/replicas.ts';
import type { WorldClock } from './world-clock.ts';

/** A replica that has stopped following. */
interface Stopped {
  /** Writes that it has. */
  offset: number;
  /** What it holds: each key with its dump. */
  keys: readonly (readonly [key: string, dump: string])[];
  /** FUNCTION DUMP. */
  functions: string;
  /** By key, in milliseconds after the world's beginning. */
  deadlines: ReadonlyMap<string, number>;
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
    await this.#clock.look();
    const names = itemsOf(await this.#memo.ask(['KEYS', '*'])).map(String);
    const keys: [string, string][] = [];
    for (const key of names) keys.push([key, (await this.#memo.ask(['DUMP', key])) as string]);
    this.stops.push({
      offset: await this.#offset(),
      keys,
      functions: (await this.#memo.ask(['FUNCTION', 'DUMP'])) as string,
      deadlines: this.#clock.deadlines(),
    });
  }

  /** One takes over: of those that stopped this one, or one that follows. All follow it then. */
  async takeOver(replica: number | undefined): Promise<void> {
    const successor = replica === undefined ? undefined : this.stops[replica];
    this.stops.length = 0;
    if (!successor) return;
    const memo = this.#memo;
    const before = await memo.capture();
    await memo.call(['FLUSHALL', 'SYNC']);
    await memo.call(['FUNCTION', 'RESTORE', successor.functions, 'FLUSH']);
    for (const [key, dump] of successor.keys) await memo.call(['RESTORE', key, '0', dump]);
    await this.#clock.setDeadlines(successor.deadlines);
    this.lost ||= !holdsTheSame(before, await memo.capture());
  }
}

const itemsOf = (reply: Reply): readonly Reply[] =>
  typeof reply === 'object' && reply !== null && reply.kind !== 'error' ? reply.items : [];
