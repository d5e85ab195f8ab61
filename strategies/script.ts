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
}
