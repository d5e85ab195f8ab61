import { Cursor } from './cursor.ts';
import type { Space } from './space.ts';
import { LOCALS_AT, SERVER_AT } from './vector-shape.ts';

/** Local states as the server stands: whether there is something for commands that may wait. */
export class WaitingLocals {
  readonly #space: Space;
  /** By what they were, and where the server stands. */
  readonly #known = new Map<string, number>();
  /** Those in which a command comes next that may wait. */
  readonly #mayWait: boolean[] = [];

  constructor(space: Space) {
    this.#space = space;
  }

  /**
   * Changes the vector in place.
   * @returns undefined; or what finds out what is not known yet: then try again
   */
  bring(vector: Int32Array): (() => Promise<void>) | undefined {
    if (!this.#space.mayWait) return undefined;
    const server = vector[SERVER_AT]!;
    for (let slot = 0; slot < this.#space.layout.slots; slot++) {
      const local = vector[LOCALS_AT + slot]!;
      if (!(this.#mayWait[local] ??= this.#hasWaiting(local, slot))) continue;
      const now = this.#known.get(`${local} ${slot} ${server}`);
      if (now === undefined) return () => this.#find(local, slot, server);
      vector[LOCALS_AT + slot] = now;
    }
    return undefined;
  }

  async #find(local: number, slot: number, server: number): Promise<void> {
    const { locals } = this.#space;
    const cursor = new Cursor(this.#space.context(slot), server, locals.values[local]!);
    await cursor.lookAtBlocked();
    this.#known.set(`${local} ${slot} ${server}`, locals.id(cursor.local()));
  }

  #hasWaiting(id: number, slot: number): boolean {
    const local = this.#space.locals.values[id]!;
    if (local.phase === 'done' || local.phase === 'absent') return false;
    return new Cursor(this.#space.context(slot), 0, local).mayWait;
  }
}
