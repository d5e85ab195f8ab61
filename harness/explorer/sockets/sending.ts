import { decodeCommand, encodeCommand } from '../../wire/resp.ts';
import { epochOfRun } from '../process/virtual.ts';
import { KnownScripts } from '../server/known-scripts.ts';
import { answerIn, mostWaitMs, sentInTransaction } from '../server/blocking.ts';
import type { ServerMemo } from '../server/memo.ts';
import { askedBy } from '../server/orders.ts';
import { CROSS_SLOT, crossesSlots, NEVER_QUEUED } from '../server/slots.ts';
import { isOutsideConnection } from '../outside-store.ts';
import type { Way } from './outside-passage.ts';
import { meets } from './served.ts';
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

/**
 * How commands are sent over real sockets, as in the search: XADD with `*` is given ids of the sale's own clock, and a client of
 * a cluster is refused what concerns several slots.
 */
export class Sending {
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
   * @param inCluster it is a client of a cluster's
   */
  async sent(passage: Way, written: readonly string[], at: number, inCluster = false): Promise<Sent> {
    if (isOutsideConnection(written)) return AS_IT_IS;
    const { exec, commands } = askedBy(written, at);
    // It would change the protocol in which the server answers us, too.
    if (nameOf(written[at]!) === 'RESET')
      return { command: isQueued(written, at) ? DISCARD : UNWATCH, told: () => '+RESET\r\n' };
    if (inCluster && (await this.#crosses(written, at)))
      return { command: exec ? DISCARD : NEVER_QUEUED, told: () => CROSS_SLOT };
    this.#scripts.learn(commands);
    if (!exec && isQueued(written, at)) return AS_IT_IS;
    // Nobody waits here: see `blocking.ts`.
    const met = await meets(this.#memo, written[at]!);
    if (met === 'served' || met === 'blocked') return { ...sentInTransaction(written[at]!), told: answerIn };
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

  /** Whether the command waits for what is not there. */
  async isBlocked(written: readonly string[], at: number): Promise<boolean> {
    if (isQueued(written, at)) return false;
    return (await meets(this.#memo, written[at]!)) === 'blocked';
  }

  /** For how long the command may wait, in milliseconds, if it may; Infinity: for ever. */
  mostWaitMs(written: readonly string[], at: number): number | undefined {
    const command = written[at];
    if (command === undefined || mostWaitMs(command) === undefined || isQueued(written, at)) return undefined;
    return mostWaitMs(command);
  }

  /** Whether it concerns keys of different slots; what did so by itself was not queued. */
  async #crosses(written: readonly string[], at: number): Promise<boolean> {
    const { exec, commands } = askedBy(written, at);
    if (!exec) return crossesSlots(this.#memo, commands);
    const queued: (readonly string[])[] = [];
    for (const args of commands) if (!(await crossesSlots(this.#memo, [args]))) queued.push(args);
    return isQueued(written, at) && crossesSlots(this.#memo, queued);
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

const DISCARD = encodeCommand(['DISCARD']);
const UNWATCH = encodeCommand(['UNWATCH']);
const AGAIN = [DISCARD, encodeCommand(['MULTI'])];

const nameOf = (bytes: string): string => decodeCommand(bytes)[0]!.toUpperCase();

/** Whether it comes within a transaction, and does not end it. */
function isQueued(written: readonly string[], at: number): boolean {
  if (nameOf(written[at]!) === 'DISCARD') return false;
  for (let i = at - 1; i >= 0; i--) {
    const name = nameOf(written[i]!);
    if (name === 'MULTI') return true;
    if (name === 'EXEC' || name === 'DISCARD' || name === 'RESET') return false;
  }
  return false;
}
