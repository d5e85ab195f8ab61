import type { Process } from './gated-process.ts';

/** When each operation started and completed, in steps of the sale. */
export class Intervals {
  readonly #invoked: number[] = [];
  readonly #completed: number[] = [];
  #step = 0;

  next(): void {
    this.#step++;
  }

  /** Undefined: it has not started. */
  of(operation: number): { invoked: number; completed: number } | undefined {
    const invoked = this.#invoked[operation];
    return invoked === undefined ? undefined : { invoked, completed: this.#completed[operation] ?? NaN };
  }

  begin(operation: number): void {
    if (operation >= 0) this.#invoked[operation] ??= this.#step;
  }

  /** A lone buyer's purchase starts when its first command runs, when it finishes without one, or when it dies. */
  beginAll(process: Process): void {
    for (const { operation } of process.calls) this.begin(operation);
  }

  /** A purchase whose first command is lost has begun, too. */
  beginLost(process: Process, connection: number): void {
    if (process.passages[connection]!.pending.length > 0) this.beginAll(process);
  }

  noteAnswers(process: Process): void {
    for (const operation of process.newlyAnswered()) {
      this.beginAll(process);
      this.#completed[operation] = this.#step;
    }
  }
}
