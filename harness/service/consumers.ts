import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Arm, Confirmation, Failpoint } from '../documents/failpoints.ts';
import { onExit } from '../ground/lifetime.ts';
import { ours } from '../ground/ours.ts';
import { atMost } from '../ground/waiting.ts';
import type { Service } from '../documents/service.ts';
import type { CommandPlace } from './commands.ts';
import { fillOf, type Values } from './template.ts';

/** One that stands at a failpoint. */
export interface Standing {
  pid: number;
  /** Ids of what it has at hand. */
  entries: readonly string[];
}

/** How long one may take to end in order. */
const ENDING_MS = 10_000;

/** The processes of a service that store its orders. They end with this one: the channel that it holds is closed then. */
export class ServiceConsumers {
  readonly #consumers: NonNullable<Service['consumers']>;
  readonly #values: Values;
  readonly #place: CommandPlace;
  readonly #running = new Set<ChildProcess>();
  readonly #unregister = onExit({ release: async () => void (await this.kill()) });

  constructor(consumers: NonNullable<Service['consumers']>, values: Values, place: CommandPlace) {
    this.#consumers = consumers;
    this.#values = values;
    this.#place = place;
  }

  /** As many as its file says. */
  start(): void {
    const { module, args, count } = this.#consumers;
    const { cwd, env } = this.#place;
    const words = args.map((word) => fillOf(word)(this.#values));
    const options = {
      cwd,
      env,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'] as ['ignore', 'ignore', 'ignore', 'ipc'],
    };
    for (let i = this.#running.size; i < count; i++) {
      const child = ours(() => fork(resolve(cwd, module), words, options));
      this.#running.add(child);
      child.on('error', () => undefined); // it ends then
      child.once('exit', () => this.#running.delete(child));
    }
  }

  get pids(): number[] {
    return [...this.#running].flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Arms the failpoint in all of them. @returns settles when the first one stands there, after which that one does nothing;
   * never, if none comes there
   */
  async standingAt(failpoint: Failpoint): Promise<Standing> {
    const children = [...this.#running];
    const standing = Promise.race(
      children.map(
        (child) =>
          new Promise<Standing>((done) =>
            child.on('message', (message: Confirmation) => {
              if ('standing' in message && message.standing === failpoint)
                done({ pid: child.pid!, entries: message.entries });
            }),
          ),
      ),
    );
    for (const child of children) child.send({ arm: failpoint } satisfies Arm);
    return standing;
  }

  /** SIGKILL to all. @returns how each of them ended: by that signal, or otherwise */
  async kill(): Promise<string[]> {
    const ended = [...this.#running].map(async (child) => {
      const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
      child.kill('SIGKILL');
      const [exitCode, signal] = await exit;
      return `${child.pid} ended by ${signal ?? `exit code ${exitCode}`}`;
    });
    return Promise.all(ended);
  }

  /** Lets each finish what it has begun. */
  async close(): Promise<void> {
    const ended = [...this.#running].map((child) => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      return atMost(ENDING_MS, exit);
    });
    await Promise.all(ended);
    await this.kill();
    this.#unregister();
  }
}
