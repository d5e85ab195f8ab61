import { systemClock as clock } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import { HELD_MS, patientMs } from '../ground/patience.ts';
import { placeOf } from '../ground/places.ts';
import { Held } from '../ground/thread-cpu.ts';
import type { Control } from './control.ts';

const LOOK_MS = 250;

/** Watches over instances whose code might never give their thread back, so that nobody waits for them for ever. */
export class StuckInstances implements Disposable {
  /** Rejects as soon as there is one. */
  readonly found: Promise<never>;
  readonly #control: Control;
  readonly #limitMs = patientMs(HELD_MS);
  readonly #looking: NodeJS.Timeout;
  readonly #seen = new Map<number, { beats: number; held: Held }>();
  #reject!: (error: unknown) => void;

  constructor(control: Control) {
    this.#control = control;
    this.found = new Promise((_, reject) => (this.#reject = reject));
    this.found.catch(() => undefined); // nobody may be waiting
    this.#looking = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking);
  }

  #look(): void {
    const nowMs = clock.monotonicNs() / 1e6;
    for (const { instance, beats, thread } of this.#control.beating()) {
      const seen = this.#seen.get(instance);
      if (seen?.beats !== beats) {
        this.#seen.set(instance, { beats, held: new Held(thread, this.#limitMs, nowMs) });
      } else if (seen.held.tooLong(nowMs)) {
        clearInterval(this.#looking);
        void this.#tell();
        return;
      }
    }
  }

  async #tell(): Promise<void> {
    // Only now: it brings a debugger and a compiler.
    const { placeOfLoop } = await import('../loader/looping.ts');
    const place = await placeOfLoop().catch(() => undefined);
    const where = place ? `${placeOf(place.file, place.line)}: an endless loop: the code here` : 'its code';
    this.#reject(
      new UsageError(
        'ENDLESS_LOOP',
        `${where} went on for ${this.#limitMs} ms without waiting for Redis or a timer, in an instance that sells`,
        'bound the loop (env.maxAttempts for retries), or wait in it for what only time can bring',
      ),
    );
  }
}
