import { Redis } from 'ioredis';
import { startServer } from '../../harness/redis/server.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { thisServer } from './this-server.ts';

const MOST_MS = 20_000;

/** A real primary and two real replicas of it that follow. */
export class Replicated implements AsyncDisposable {
  readonly primary: RedisTarget;
  readonly #replicas: readonly RedisTarget[];
  readonly #admin: Redis;
  #stopped = 0;

  private constructor(primary: RedisTarget, replicas: readonly RedisTarget[]) {
    this.primary = primary;
    this.#replicas = replicas;
    this.#admin = this.connect();
  }

  static async start(): Promise<Replicated> {
    const binary = await thisServer();
    const args = ['--repl-diskless-sync-delay', '0', '--hz', '100'];
    const primary = await startServer(binary, { listen: 'tcp', args });
    const of = ['--replicaof', `127.0.0.1 ${primary.options.port}`];
    const replicas = await Promise.all([1, 2].map(() => startServer(binary, { args: [...args, ...of] })));
    const replicated = new Replicated(primary, replicas);
    await replicated.#settle();
    return replicated;
  }

  connect(): Redis {
    return new Redis({ ...this.primary.options });
  }

  /** One more replica stops, with all that was written so far. */
  async stop(): Promise<void> {
    await this.#settle();
    process.kill(this.#replicas[this.#stopped++]!.pid!, 'SIGSTOP');
  }

  /** Those that stopped go on, and have caught up. */
  async resume(): Promise<void> {
    for (const replica of this.#replicas.slice(0, this.#stopped)) process.kill(replica.pid!, 'SIGCONT');
    this.#stopped = 0;
    await this.#settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.resume();
    this.#admin.disconnect();
    for (const target of [...this.#replicas, this.primary]) await target.close();
  }

  /** Those that follow have everything. */
  async #settle(): Promise<void> {
    const following = this.#replicas.length - this.#stopped;
    await this.#admin.incr('settled');
    if ((await this.#admin.wait(following, MOST_MS)) < following)
      throw new Error('a replica does not follow');
  }
}
