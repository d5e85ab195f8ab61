import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../../ground/errors.ts';
import type { Clock } from '../../ground/ambient.ts';
import type { ConsumerSettings } from './consumers.ts';

/** How long after its end a consumer is started again. */
const AGAIN_MS = 500;

/**
 * Consumers in processes of their own, each started again when it ends. They end with this process, by the channel that
 * it holds, however it ends.
 */
export class ConsumerProcesses {
  /** How often one had to be started again. */
  restarts = 0;
  readonly #settings: Omit<ConsumerSettings, 'count'>;
  readonly #clock: Clock;
  readonly #onTrouble: (message: string) => void;
  readonly #running = new Set<ChildProcess>();
  #ending = false;

  constructor(
    settings: Omit<ConsumerSettings, 'count'>,
    { clock, onTrouble }: { clock: Clock; onTrouble: (message: string) => void },
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  /** @throws EnvironmentError if it was not compiled */
  start(count: number): void {
    const file = fileURLToPath(import.meta.resolve('#consumer'));
    if (!existsSync(file)) throw new EnvironmentError('NOT_BUILT', `${file} is missing`, 'npm run build');
    for (let i = 0; i < count; i++) this.#startOne(file);
  }

  get pids(): number[] {
    return [...this.#running].map(({ pid }) => pid!);
  }

  #startOne(file: string): void {
    const child = fork(file, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
    this.#running.add(child);
    child.send({ ...this.#settings, count: 1 } satisfies ConsumerSettings);
    child.on('message', ({ trouble }: { trouble?: string }) => {
      if (trouble !== undefined) this.#onTrouble(trouble);
    });
    child.on('error', (error) => this.#onTrouble(`a consumer: ${error.message}`));
    child.once('exit', (exitCode, signal) => {
      this.#running.delete(child);
      if (this.#ending) return;
      this.#onTrouble(`a consumer ended (${signal ?? `exit code ${exitCode}`}) and is started again`);
      void this.#clock.sleep(AGAIN_MS).then(() => {
        if (this.#ending) return;
        this.restarts++;
        this.#startOne(file);
      });
    });
  }

  /** Lets each finish what it has begun. */
  async close(): Promise<void> {
    this.#ending = true;
    const ended = [...this.#running].map((child) => {
      const exit = once(child, 'exit');
      if (child.connected) child.disconnect();
      return Promise.race([
        exit,
        this.#clock
          .sleep(PATIENCE_MS)
          .then(() => (child.exitCode === null ? child.kill('SIGKILL') : undefined)),
      ]);
    });
    await Promise.all(ended);
  }
}

const PATIENCE_MS = 5_000;
