import type { Call } from '../process/instance.ts';

/** The smallest steps that an interleaving is made of. */
export type Atom = (
  | { event: 'start'; call: Call; buyer: number; operation: number }
  | { event: 'execute'; connection: number; command: string; reply: string; server: number }
  | { event: 'deliver'; connection: number; replies?: number }
  | { event: 'timer'; timer?: number; elapsedMs?: number }
  /** The clock came to its deadline. */
  | { event: 'expire'; key: string; server: number }
  | { event: 'immediate' }
  | { event: 'cut'; connection: number; survivors: number }
  | { event: 'crash'; survivors: readonly number[] }
) & {
  /** What `env.pick` answered in the course of it; of an execution: which outcome the server drew. */
  picks?: readonly number[];
};
