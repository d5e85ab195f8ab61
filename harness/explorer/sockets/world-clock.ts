import { systemClock } from '../../ground/ambient.ts';
import { EXPIRY } from '../../documents/faults.ts';
import { epochOfRun } from '../process/virtual.ts';
import type { ServerMemo } from '../server/memo.ts';

/** Which keys have a deadline, and where it lies by the server's own clock. */
const DEADLINES = `local told = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local at = redis.call('PEXPIRETIME', key)
  if at >= 0 then told[#told + 1] = { key, tostring(at) } end
end
return told`;

/** A deadline so near is put out of reach of the server's own clock: here it comes when it is told to. */
const NEAR_MS = 60_000;
/** One that comes sooner would pass while a command is on its way. */
const SOON_MS = 200;
const OUT_OF_REACH_MS = 10 ** 13;
const HALF_A_YEAR_MS = 182 * 86_400_000;

/** Where a key's deadline lies by the server's clock, and by the sale's. */
interface Dated {
  serverMs: number;
  atMs: number;
}

/**
 * The clock of a sale over real sockets, and the deadlines of its keys by that clock. The server's own clock goes on while
 * commands are on their way, so that a time to live is told to a few milliseconds only: of those that fit, the
 * roundest is what the code will have asked for.
 */
export class WorldClock {
  /** Milliseconds after the world's beginning. */
  nowMs = 0;
  readonly #memo: ServerMemo;

  #keys = new Map<string, Dated>();
  #lookedMs = systemClock.epochMs();
  readonly #dated: boolean;
  #told: boolean;

  /** @param dated keys may have deadlines; `told`: what expires is told by steps, until the sale is at rest */
  constructor(memo: ServerMemo, { dated, told }: { dated: boolean; told: boolean }) {
    this.#told = told;
    this.#memo = memo;
    this.#dated = dated;
  }

  /** Finds out which deadlines the last commands have set. */
  async look(): Promise<void> {
    if (!this.#dated) return;
    const keys = new Map<string, Dated>();
    const [fromMs, told] = [this.#lookedMs, await this.#memo.ask(['EVAL', DEADLINES, '0'])];
    this.#lookedMs = systemClock.epochMs();
    for (const pair of itemsOf(told)) {
      const [key, at] = itemsOf(pair).map(String) as [string, string];
      const known = this.#keys.get(key);
      let serverMs = Number(at);
      const atMs = known?.serverMs === serverMs ? known.atMs : this.#atOf(serverMs, fromMs);
      if (serverMs - this.#lookedMs < NEAR_MS) serverMs = await this.#restore(key, atMs);
      keys.set(key, { serverMs, atMs });
    }
    this.#keys = keys;
    await this.#forget();
  }

  /**
   * The server's own clock has gone on, and this one may have stood still, or leapt: the deadline is put where it is from
   * now, so that commands that compare deadlines find it there, or out of reach where it would come too soon.
   */
  async #restore(key: string, atMs: number): Promise<number> {
    const inMs = atMs - this.nowMs;
    const serverMs = inMs < SOON_MS ? OUT_OF_REACH_MS : systemClock.epochMs() + inMs;
    await this.#memo.ask(['PEXPIREAT', key, String(serverMs)]);
    return serverMs;
  }

  /** From now on it finds out by itself what expires. */
  takeOver(): void {
    this.#told = false;
  }

  /** How long it takes until each key that has a deadline is forgotten. */
  remaining(): number[] {
    return [...this.#keys.values()].map(({ atMs }) => atMs - this.nowMs);
  }

  /** When each key that has a deadline is forgotten, in milliseconds after the world's beginning. */
  deadlines(): ReadonlyMap<string, number> {
    return new Map([...this.#keys].map(([key, { atMs }]) => [key, atMs]));
  }

  /** The keys are others, with these deadlines; what was to be forgotten by now is. */
  async setDeadlines(deadlines: ReadonlyMap<string, number>): Promise<void> {
    this.#keys.clear();
    for (const [key, atMs] of deadlines) {
      if (atMs <= this.nowMs) await this.#memo.perform({ kind: EXPIRY, key });
      else this.#keys.set(key, { atMs, serverMs: await this.#restore(key, atMs) });
    }
  }

  /** Time passes, and what was to be forgotten by then is forgotten. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.#forget();
    for (const [key, { atMs }] of this.#keys)
      this.#keys.set(key, { atMs, serverMs: await this.#restore(key, atMs) });
  }

  async #forget(): Promise<void> {
    if (this.#told) return;
    const due = [...this.#keys].filter(([, { atMs }]) => atMs <= this.nowMs);
    for (const [key] of due.toSorted(([, a], [, b]) => a.atMs - b.atMs)) {
      await this.#memo.perform({ kind: EXPIRY, key });
      this.#keys.delete(key);
    }
  }

  /** @param fromMs the earliest moment at which the deadline may have been set, by the server's clock */
  #atOf(serverMs: number, fromMs: number): number {
    if (serverMs - this.#lookedMs > HALF_A_YEAR_MS) return serverMs - epochOfRun();
    return this.nowMs + roundest(serverMs - this.#lookedMs, serverMs - fromMs);
  }
}

/** The number from `least` to `most` that ends in the most zeros. */
function roundest(least: number, most: number): number {
  for (let unit = 10 ** 9; unit >= 1; unit /= 10) {
    const round = Math.floor(most / unit) * unit;
    if (round >= least && round > 0) return round;
  }
  return most;
}

const itemsOf = (reply: unknown): readonly unknown[] =>
  typeof reply === 'object' && reply !== null && 'items' in reply ? (reply.items as unknown[]) : [];
