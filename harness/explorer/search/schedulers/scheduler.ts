import type { Choice } from '../../scope/moves.ts';

/** Decides what happens next in one interleaving after another. */
export interface Scheduler {
  /** For people: "random", "PCT of depth 3". */
  readonly name: string;
  /** A new interleaving begins. */
  begin(): void;
  /** @param choices what may happen next; never empty */
  choose(choices: readonly Choice[]): Choice;
  /** What one interleaving promises, for people; undefined where nothing is proved. */
  promise(): string | undefined;
}
