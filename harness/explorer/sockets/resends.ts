import { asSentAgain } from '../process/as-sent-again.ts';
import type { Instance } from '../process/instance-events.ts';

/** Operations of one process for which its client, or its code, has sent again what had no reply. */
export class Resends {
  readonly #instance: Instance;
  readonly #calls: readonly { operation: number }[];
  readonly #operations = new Set<number>();
  /** Commands that had no reply when their connection was cut or they timed out, as `asSentAgain` has them. */
  #lost: string[] = [];
  #written: number[] = [];

  /** @param calls what the process was asked for, as it comes */
  constructor(instance: Instance, calls: readonly { operation: number }[]) {
    this.#instance = instance;
    this.#calls = calls;
  }

  has(operation: number): boolean {
    return this.#operations.has(operation);
  }

  /** These had no reply. */
  lose(commands: readonly string[]): void {
    this.#lost.push(...commands.map(asSentAgain));
  }

  /** It concerns the calls that still run. */
  noteAll(): void {
    const { settled } = this.#instance.look();
    this.#calls.forEach(({ operation }, i) => {
      if (!settled[i]) this.#operations.add(operation);
    });
  }

  /** Looks at what was sent meanwhile. */
  note(): void {
    const { written, settled } = this.#instance.look();
    written.forEach((commands, c) => {
      const fresh = this.#lost.length > 0 ? commands.slice(this.#written[c] ?? 0).map(asSentAgain) : [];
      if (!fresh.some((command) => this.#lost.includes(command))) return;
      this.#lost = this.#lost.filter((command) => !fresh.includes(command));
      this.noteAll();
    });
    this.#written = written.map((commands) => commands.length);
    if (!settled.includes(undefined)) this.#lost = [];
  }
}
