import { GRACE_MS } from '../../checkers/at-rest-steps.ts';
import { OpenPick } from '../cannot-explore.ts';
import { freshRequest } from '../scope/ids.ts';
import { Cursor } from '../space/cursor.ts';
import { drive } from '../space/drive.ts';
import { hasFailedSomebody } from '../space/process-state.ts';
import type { Space } from '../space/space.ts';
import { answersNobody } from './settling.ts';

/** Asks the processes that outlived a sale whether they would sell on. */
export class Survivors {
  readonly #space: Space;
  readonly #told = new Map<string, Promise<string | undefined>>();

  constructor(space: Space) {
    this.#space = space;
  }

  /**
   * @param server at rest
   * @param clockMs what the clock showed when the sale was over
   * @returns the error that one of them answers everybody with, if one does
   */
  async mute(server: number, locals: readonly number[], clockMs: number): Promise<string | undefined> {
    for (const [slot, id] of locals.entries()) {
      if (!hasFailedSomebody(this.#space.locals.values[id]!)) continue;
      const key = `${server} ${slot} ${id} ${clockMs}`;
      const told = this.#told.get(key) ?? this.#ask(slot, id, { server, clockMs });
      this.#told.set(key, told);
      const message = await told;
      if (message !== undefined) return message;
    }
    return undefined;
  }

  async #ask(
    slot: number,
    id: number,
    { server, clockMs }: { server: number; clockMs: number },
  ): Promise<string | undefined> {
    const { memo } = this.#space;
    const cursor = new Cursor(this.#space.context(slot), server, this.#space.locals.values[id]!);
    cursor.clock.startMs = clockMs + GRACE_MS;
    try {
      return await answersNobody({
        ask: async (n) => {
          const index = await cursor.invoke({ method: 'purchase', request: freshRequest(n) });
          await drive(cursor);
          return cursor.settled(index);
        },
        fireTimer: async () => {
          if (cursor.timers === 0) return false;
          await cursor.fireTimer();
          await drive(cursor);
          return true;
        },
        pass: async (ms) => {
          cursor.clock.startMs! += ms;
          cursor.server = (await memo.elapse(cursor.server, ms, cursor.clock.nowMs)).next;
        },
      });
    } catch (error) {
      // It chooses what it does (env.pick): it is not asked further.
      if (error instanceof OpenPick) return undefined;
      throw error;
    }
  }
}
