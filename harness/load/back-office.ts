import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Sale, Seller, Strategy } from '../../strategies/contract.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import type { Random } from '../ground/random.ts';
import { atMost, unlessAborted } from '../ground/waiting.ts';
import { countLed } from '../wire/network.ts';
import type { Reachable } from '../redis/target.ts';
import { Connections } from './connections.ts';
import type { Failures } from './failures.ts';
import type { OutsideTables } from './outside-tables.ts';
import { sellerEnv } from './seller-env.ts';

/** How long background work rests when it found nothing to do, as a polling consumer would. */
const IDLE_MS = 1;

/**
 * Works in the background, pass after pass, until `until` settles. A pass that fails is counted, and tried again.
 * @returns when the last pass has ended
 */
export async function workUntil(
  until: Promise<unknown>,
  runJob: NonNullable<Seller['runJob']>,
  failures: Failures,
): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  void until.then(end, end);
  const pass = async (): Promise<'worked' | 'idle'> => runJob();
  while (!over.signal.aborted) {
    const done = await pass().catch((error: unknown) => {
      failures.count(error, 'runJob');
      return 'idle' as const;
    });
    // A pass that worked without waiting for Redis must not keep timers, sockets and signals from this thread.
    await (done === 'idle' ? clock.sleep(IDLE_MS) : nextTurn());
  }
}

/** What a back office opens with. */
export interface Opening {
  strategy: Strategy;
  sale: Sale;
  target: Reachable;
  random: Random;
  maxAttempts: number;
  failures: Failures;
  tables?: OutsideTables | undefined;
}

/** What a shop runs beside its servers, once: a process of its own for the strategy's background work. */
export class BackOffice {
  readonly #connections: Connections;
  readonly #failures: Failures;
  #opening: Promise<Seller | undefined> | undefined;
  #commands = 0;

  private constructor(failures: Failures) {
    this.#failures = failures;
    this.#connections = new Connections(failures);
    countLed(this.#connections);
  }

  static async open({ strategy, sale, target, ...given }: Opening): Promise<BackOffice> {
    const { random, maxAttempts, failures, tables } = given;
    const office = new BackOffice(failures);
    const redis = await office.#connections.open(target, strategy);
    const opening = async (): Promise<Seller> =>
      strategy.seller(redis, sale, sellerEnv(random, maxAttempts, { tables }));
    // If it fails or hangs, so it does in the instances, which are asked why.
    office.#opening = opening().catch(() => undefined);
    return office;
  }

  /** Commands that it sent while it worked. */
  get commands(): number {
    return this.#commands;
  }

  /** Works until `until` settles, if the strategy has anything to do. A pass that never ends is left. */
  async workUntil(until: Promise<unknown>, graceMs: number, signal?: AbortSignal): Promise<void> {
    const ended = until.then(
      () => undefined,
      () => undefined,
    );
    const seller = await Promise.race([this.#opening, ended]);
    if (!seller?.runJob) return;
    const working = workUntil(until, () => seller.runJob!(), this.#failures);
    await ended;
    await unlessAborted(signal, atMost(graceMs, working)).catch(() => undefined); // whoever interrupts waits for it
    this.#commands = this.#connections.commands;
  }

  close(): void {
    this.#connections.disconnect();
  }
}
