import { CannotExplore } from '../explorer/cannot-explore.ts';
import { Database } from '../explorer/process/own-connections.ts';
import { findServer, type ProvisionOptions } from '../redis/find/find-server.ts';
import type { LossListener } from '../redis/server-watch.ts';
import { startServer } from '../redis/server.ts';
import type { RedisTarget } from '../redis/target.ts';
import { decodeCommand } from '../wire/resp.ts';
import type { FrontClient } from './front.ts';
import { IgnoredStore } from './ignored-store.ts';
import { PassedCommands } from './passed-commands.ts';
import type { OnFault } from './service-faults.ts';
import { lineOf, TouchedKeys } from './touched-keys.ts';

/** How another server is started. */
export interface BesideOptions extends ProvisionOptions {
  loss?: LossListener;
}

export interface IgnoringOptions {
  /** Commands that match are left out (`--ignore`). */
  pattern: string;
  /** How a server beside that of the sale is had. */
  provision: BesideOptions;
  /** That of the sale; absent: its scripts are not looked into. */
  target?: RedisTarget;
  onFault: OnFault;
}

/** They change what later commands of their connection do, or are told more than one reply. */
const OF_CONNECTION = new Set(
  'MULTI EXEC DISCARD WATCH UNWATCH SELECT HELLO AUTH RESET QUIT MONITOR CLIENT SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE'.split(
    ' ',
  ),
);

/** One for each process that runs at a time, and more. */
const MOST_DATABASES = 4_096;

/** Most names of commands that a note tells. */
const MOST_NAMED = 8;

/**
 * Commands that are no part of the search (sessions, rate limits, pollers): each runs at once, on a server beside that of the
 * sale, where each process has keys of its own.
 */
export class IgnoredCommands implements AsyncDisposable {
  readonly #pattern: RegExp;
  readonly #server: RedisTarget;
  readonly #touched: TouchedKeys;
  readonly #database = new Database();
  readonly #free: number[] = [];
  #databases = 0;
  readonly #names = new Set<string>();
  /** Commands that were left out. */
  #count = 0;

  private constructor(pattern: string, server: RedisTarget, touched: TouchedKeys) {
    this.#pattern = new RegExp(pattern);
    this.#server = server;
    this.#touched = touched;
  }

  static async open({ pattern, provision, target, onFault }: IgnoringOptions): Promise<IgnoredCommands> {
    const { loss } = provision;
    const args = ['--databases', String(MOST_DATABASES)];
    const server = await startServer(await findServer(provision), { args, ...(loss && { loss }) });
    try {
      const servers = { ignored: server, ...(target && { sale: target }) };
      return new IgnoredCommands(pattern, server, await TouchedKeys.open(servers, onFault));
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** For one more process. */
  async forProcess(onFault: OnFault): Promise<PassedCommands> {
    const number = this.#free.pop() ?? this.#databases++;
    const store = await IgnoredStore.open(this.#server.options, number);
    return new PassedCommands({
      leavesOut: (client, bytes, isQueued) => this.leavesOut(client, bytes, isQueued),
      store,
      onFault,
      onClosed: () => this.#free.push(number),
    });
  }

  /**
   * Whether it is left out.
   * @param isQueued it stands in a transaction
   * @returns why it must not be, where it cannot be told apart from the sale
   */
  leavesOut(client: FrontClient, bytes: string, isQueued: boolean): boolean | CannotExplore {
    const args = decodeCommand(bytes);
    const line = lineOf(args);
    if (!this.#pattern.test(line)) {
      this.#touched.note('sale', args);
      return false;
    }
    const name = args[0]!.toUpperCase();
    if (isQueued || OF_CONNECTION.has(name)) return bound(line);
    const fault = this.#database.refuses(client.database);
    if (fault) return fault;
    this.#count++;
    this.#names.add(name);
    this.#touched.note('ignored', args);
    return true;
  }

  /** A command of the service file. */
  noteOfSale(words: readonly string[]): void {
    this.#touched.note(
      'sale',
      words.map((word) => Buffer.from(word).toString('latin1')),
    );
  }

  /** Nothing that has run until now is compared any more later. */
  settled(): Promise<void> {
    return this.#touched.settled();
  }

  /** What a verdict does not speak of. */
  get note(): string {
    const asked = `--ignore ${this.#pattern.source}`;
    if (this.#count === 0) return `${asked} matched no command`;
    const names = [...this.#names].toSorted();
    const more = names.length > MOST_NAMED ? ', …' : '';
    return `not explored: commands that ${asked} matches (${names.slice(0, MOST_NAMED).join(', ')}${more}): each ran at once, and found what its own process has written in the same history, and nobody else's`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#touched.close();
    await this.#server.close();
  }
}

const bound = (line: string): CannotExplore =>
  new CannotExplore(
    `--ignore matches ${line.slice(0, 120)}, which stands in a transaction or changes what later commands of its connection do`,
    'let the expression match single commands outside of transactions; what stands in one is explored',
  );
