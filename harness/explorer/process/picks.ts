import { requireChoices } from '../../ground/random.ts';
import { OpenPick } from '../cannot-explore.ts';

/** What `env.pick` answers in one process: what it is told for each event, in order. */
export class Picks {
  #answers: readonly number[] = [];
  #given: readonly number[] = [];
  /** How many answers a choice has for which none was given. */
  #open: number | undefined;
  readonly #branch: boolean;
  /** How often it was asked. */
  count = 0;

  /** @param choices without an answer: asks for all of them, or takes the first */
  constructor(choices: 'branch' | 'first') {
    this.#branch = choices === 'branch';
  }

  /** An event begins, with these answers. */
  begin(answers: readonly number[]): void {
    this.#given = answers;
    this.#answers = answers;
  }

  pick(n: number): number {
    requireChoices(n);
    this.count++;
    const [answer, ...rest] = this.#answers;
    this.#answers = rest;
    if (answer === undefined && this.#branch) this.#open ??= n;
    return answer ?? 0;
  }

  /** @throws OpenPick if there was a choice without an answer */
  requireAnswered(): void {
    if (this.#open !== undefined) throw new OpenPick(this.#given, this.#open);
  }
}
