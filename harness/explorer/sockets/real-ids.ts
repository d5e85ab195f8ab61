import { decodeCommand, encodeCommand } from '../../wire/resp.ts';
import type { Passage } from '../../wire/gate.ts';
import { epochOfRun } from '../process/virtual.ts';
import { KnownScripts } from '../server/known-scripts.ts';
import type { ServerMemo } from '../server/memo.ts';
import { askedBy } from '../server/orders.ts';
import type { WorldClock } from './world-clock.ts';

/** How a command is sent. */
export interface Sent {
  command?: string;
  /** Sent before it, on its connection. */
  before?: readonly string[];
  told: (reply: string) => string;
}

const AS_IT_IS: Sent = { told: (reply) => reply };

/** Whether a script may draw an id from the clock: a script that does so, and one that only looks like it, answer the same. */
const mayDraw = (_: string, body: string): boolean => /\bxadd\b/i.test(body) && /(['"])\*\1/.test(body);

/** What XADD with `*` is given over real sockets: ids of the sale's own clock, as in the search. */
export class RealIds {
  readonly #memo: ServerMemo;
  readonly #clock: WorldClock;
  readonly #scripts = new KnownScripts(mayDraw);

  constructor(memo: ServerMemo, clock: WorldClock) {
    this.#memo = memo;
    this.#clock = clock;
  }

  /**
   * How the next command of a connection is sent. A transaction takes its ids when it runs: it was queued as it is, so it is
   * queued again, unless a watched key was touched.
   *
   * @param written all that was written there
   * @param at which of that comes next
   */
  async sent(passage: Passage, written: readonly string[], at: number): Promise<Sent> {
    const { exec, commands } = askedBy(written, at);
    this.#scripts.learn(commands);
    if (!exec && isQueued(written, at)) return AS_IT_IS;
    const bytes = commands.map(encodeCommand);
    const step = exec
      ? { command: written[at]!, queued: bytes, dirty: false }
      : { command: bytes[0]!, queued: [], dirty: false };
    const from = { scripts: await this.#loaded() };
    const { command, queued, loads, told } = this.#scripts.sent(from, step, epochOfRun() + this.#clock.nowMs);
    const isSame = command === step.command && queued.every((one, i) => one === bytes[i]);
    if (isSame || (exec && (await passage.isDirty((id) => this.#flags(id))))) return AS_IT_IS;
    // One that cannot be compiled is not loaded, here or there.
    for (const body of loads) await this.#memo.ask(['SCRIPT', 'LOAD', body]).catch(() => {});
    return { command, told, ...(exec && { before: [...AGAIN, ...queued] }) };
  }

  /** Digests of the scripts that are loaded. */
  async #loaded(): Promise<string> {
    const digests = [...this.#scripts.bodies].flatMap(([digest, body]) =>
      mayDraw(digest, body) ? [digest] : [],
    );
    if (digests.length === 0) return '';
    const loaded = (await this.#memo.ask(['SCRIPT', 'EXISTS', ...digests])) as { items: unknown[] };
    return digests.filter((_, i) => loaded.items[i] === 1).join(' ');
  }

  async #flags(id: number): Promise<string> {
    const listed = (await this.#memo.ask(['CLIENT', 'LIST', 'ID', String(id)])) as string;
    return /\bflags=(\S*)/.exec(listed)![1]!;
  }
}

const AGAIN = ['DISCARD', 'MULTI'].map((name) => encodeCommand([name]));

const nameOf = (bytes: string): string => decodeCommand(bytes)[0]!.toUpperCase();

/** Whether it comes within a transaction, and does not end it. */
function isQueued(written: readonly string[], at: number): boolean {
  if (nameOf(written[at]!) === 'DISCARD') return false;
  for (let i = at - 1; i >= 0; i--) {
    const name = nameOf(written[i]!);
    if (name === 'MULTI') return true;
    if (name === 'EXEC' || name === 'DISCARD') return false;
  }
  return false;
}
