import { systemClock as clock } from '../ground/ambient.ts';
import { sourcesOf, versionOf } from '../loader/sources.ts';

const LOOK_MS = 50;

/**
 * Whether what a strategy consists of is another than before. Files are looked at, not listened to: editors save in many
 * ways, folders come over networks, and a few files are looked at in less than a millisecond.
 */
export class Changes {
  readonly #file: string;
  #versions = new Map<string, string>();

  constructor(file: string) {
    this.#file = file;
  }

  /** From now on, what is there counts as known. */
  note(): void {
    // Whoever saves between the two looks is seen by the next one.
    const sources = sourcesOf(this.#file);
    this.#versions = new Map(sources.map((file) => [file, this.#versions.get(file) ?? versionOf(file)]));
  }

  /** Settles with the file that has changed, once the save is complete; undefined when aborted. */
  async next(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const changed = this.#look();
      if (changed !== undefined) {
        do await clock.sleep(LOOK_MS);
        while (!signal.aborted && (this.#look() !== undefined || versionOf(this.#file) === 'gone'));
        return changed;
      }
      await clock.sleep(LOOK_MS);
    }
    return undefined;
  }

  #look(): string | undefined {
    let first: string | undefined;
    for (const [file, before] of this.#versions) {
      const now = versionOf(file);
      if (now === before) continue;
      this.#versions.set(file, now);
      first ??= file;
    }
    return first;
  }
}
