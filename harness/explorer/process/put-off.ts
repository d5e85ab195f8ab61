import { VirtualImmediate } from './virtual.ts';

/** What one process has put off by setImmediate, where its coming is an event. */
export class PutOff {
  readonly #immediates: VirtualImmediate[] = [];
  #writtenThen: readonly number[] = [];

  /** While something is put off: per connection, how many commands had been written by then. */
  get since(): readonly number[] | undefined {
    return this.#immediates.some(({ callback }) => callback) ? this.#writtenThen : undefined;
  }

  /** @param written commands by now, by connection */
  add(callback: () => void, written: readonly (readonly string[])[]): VirtualImmediate {
    if (this.#immediates.length === 0) this.#writtenThen = written.map((commands) => commands.length);
    const immediate = new VirtualImmediate(callback);
    this.#immediates.push(immediate);
    return immediate;
  }

  /** All that there is now; what it puts off in turn comes later, and what is cleared meanwhile does not. */
  *come(): Generator<() => void> {
    for (const { callback } of this.#immediates.splice(0)) if (callback) yield callback;
  }
}
