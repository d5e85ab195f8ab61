import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client } from './contract.ts';

/** A Lua file that lies beside its strategy. */
export class Script {
  readonly source: string;
  readonly #sha: string;

  /** @param url where the file lies, as `import.meta.resolve('#lua/<name>.lua')` says */
  constructor(url: string) {
    this.source = readFileSync(new URL(url), 'utf8');
    this.#sha = createHash('sha1').update(this.source).digest('hex');
  }

  /** Loads it ahead, so that a rush does not begin with everybody sending its text. A cluster loads it on one node. */
  async load(redis: Client): Promise<void> {
    await redis.script('LOAD', this.source);
  }

  /**
   * Runs the script by its digest, and sends its text only when the server does not know it (first use, script
   * flush, restart, promotion). NOSCRIPT is definite: the script did not run, so sending it again is safe.
   */
  async run(redis: Client, keys: string[], args: (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(this.source, keys.length, ...keys, ...args);
    }
  }

  /**
   * The same, and in the same packet a command that comes after it, so that both reach one server: a connection that breaks
   * between them fails both, or sends both again. (Sent later, a WAIT may ask a server that took over without the sale.)
   *
   * @returns what each answers
   */
  async runThen(
    redis: Client,
    { keys, args }: { keys: string[]; args: (string | number)[] },
    [last, ...lastArgs]: [string, ...(string | number)[]],
  ): Promise<[script: unknown, last: unknown]> {
    const digest = redis.pipeline().evalsha(this.#sha, keys.length, ...keys, ...args);
    const first = (await digest.call(last, ...lastArgs).exec())!;
    if (!first[0]![0]?.message.startsWith('NOSCRIPT')) return answersOf(first);
    const source = redis.pipeline().eval(this.source, keys.length, ...keys, ...args);
    return answersOf((await source.call(last, ...lastArgs).exec())!);
  }
}

/** @throws the first error among them */
function answersOf(replies: [error: Error | null, answer: unknown][]): [unknown, unknown] {
  const failed = replies.find(([error]) => error)?.[0];
  if (failed) throw failed;
  return [replies[0]![1], replies[1]![1]];
}
