import { limitId } from '../process/timers.ts';
import type { Instance } from '../process/instance-events.ts';
import { isInVain } from '../server/blocking.ts';
import { MOST_IN_VAIN } from '../space/standpoint.ts';
import type { Way } from './outside-passage.ts';
import type { World } from './venue.ts';

/** What else may come to a process. */
interface Moving {
  crashed: boolean;
  owes: boolean;
  putsOff: boolean;
  arriving(connection: number): number;
}

/** Commands of one process that may wait at the server, and how long they still may. As in `Standpoint`. */
export class Waiting {
  readonly #instance: Instance;
  readonly #ways: readonly Way[];
  readonly #world: World;
  /** By connection: what each delivery brought. */
  readonly #told: string[][] = [];

  constructor(instance: Instance, ways: readonly Way[], world: World) {
    this.#instance = instance;
    this.#ways = ways;
    this.#world = world;
  }

  /** The next command of the connection waits for what is not there. */
  async isBlocked(connection: number): Promise<boolean> {
    if (this.#ways[connection]!.pending.length === 0) return false;
    return this.#world.sending.isBlocked(this.#written(connection), this.#next(connection));
  }

  noteDelivery(connection: number, bytes: string): void {
    (this.#told[connection] ??= []).push(bytes);
  }

  /** Time limits of commands that come next, as timers. */
  limits(): { id: number; delayMs: number }[] {
    return this.#ways.flatMap((way, c) => {
      if (way.isCut || way.pending.length === 0) return [];
      const delayMs = this.#world.sending.mostWaitMs(this.#written(c), this.#next(c)) ?? Infinity;
      return delayMs < Infinity ? [{ id: limitId(c), delayMs }] : [];
    });
  }

  /** Connections on which a command may have waited in vain. */
  async lapsable(process: Moving): Promise<number[]> {
    if (process.crashed) return [];
    const { timers } = this.#instance.look();
    let comes = timers.some(({ repeats }) => !repeats) || process.putsOff || !process.owes;
    for (const [c, { pending }] of this.#ways.entries())
      comes ||= process.arriving(c) > 0 || (pending.length > 0 && !(await this.isBlocked(c)));
    const waiting: { c: number; inVain: number }[] = [];
    for (const { id } of this.limits()) {
      const c = -1 - id;
      if (await this.isBlocked(c)) waiting.push({ c, inVain: this.#inVain(c) });
    }
    const few = waiting.filter(({ inVain }) => inVain < MOST_IN_VAIN);
    return (few.length > 0 || comes ? few : waiting).map(({ c }) => c);
  }

  #inVain(connection: number): number {
    const written = this.#written(connection);
    const next = this.#next(connection);
    let times = 0;
    for (const bytes of (this.#told[connection] ?? []).toReversed()) {
      if (!isInVain(bytes) || written[next - times - 1] !== written[next]) break;
      times++;
    }
    return times;
  }

  #written(connection: number): readonly string[] {
    return this.#instance.look().written[connection] ?? [];
  }

  /** Which of the commands that were written there comes next. */
  #next(connection: number): number {
    const { answered, replies } = this.#ways[connection]!;
    return answered + replies.length;
  }
}
