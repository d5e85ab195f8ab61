import type { Step } from './step.ts';

/** Tells steps of the server apart. What a step comes to may depend on what the clock shows: then that counts, too. */
export class StepKeys {
  readonly #dated = new Set<string>();

  /** Some step depends on the clock. */
  get readsClock(): boolean {
    return this.#dated.size > 0;
  }

  /** @param dated it was found to depend on the clock; it then does at any time, and else at none */
  of(state: number, step: Step, dated = false): string {
    const { command, queued, dirty, atMs = 0 } = step;
    const key = `${state} ${dirty ? 'd' : ''}${queued.length} ${queued.join('')}${command}`;
    if (dated) this.#dated.add(key);
    return this.#dated.has(key) ? `${key}${atMs}` : key;
  }
}
