import { CannotExplore } from '../explorer/cannot-explore.ts';
import { mostWaitMs } from '../explorer/server/blocking.ts';
import { decodeCommand } from '../wire/resp.ts';
import type { RawConnection } from '../wire/raw-connection.ts';
import type { FrontClient } from './front.ts';
import type { IgnoredStore } from './ignored-store.ts';
import type { OnFault } from './service-faults.ts';

interface Client {
  /** A transaction has begun, and not ended. */
  isQueuing: boolean;
  connection?: Promise<RawConnection>;
}

export interface PassedParts {
  /** Whether a command is left out, or why it must not be. */
  leavesOut: (client: FrontClient, bytes: string, isQueued: boolean) => boolean | CannotExplore;
  store: IgnoredStore;
  onFault: OnFault;
  onClosed: () => void;
}

/** It may be answered when something comes, at whatever time. */
const mayWait = (bytes: string, name: string): boolean =>
  mostWaitMs(bytes) !== undefined || name.startsWith('WAIT');

/** The ignored commands of one process, on their way to where they run. */
export class PassedCommands {
  readonly #parts: PassedParts;
  readonly #clients = new Map<FrontClient, Client>();
  #underWay = 0;
  #isClosed = false;

  constructor(parts: PassedParts) {
    this.#parts = parts;
  }

  /** One is being run; those that block do not count. */
  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** @returns its reply, if the command is ignored; undefined: it is one of the sale */
  pass(client: FrontClient, bytes: string): Promise<string> | undefined {
    const known = this.#clients.get(client) ?? { isQueuing: false };
    this.#clients.set(client, known);
    const left = this.#parts.leavesOut(client, bytes, known.isQueuing);
    const name = decodeCommand(bytes)[0]!.toUpperCase();
    if (name === 'MULTI') known.isQueuing = true;
    if (name === 'EXEC' || name === 'DISCARD' || name === 'RESET') known.isQueuing = false;
    if (left instanceof CannotExplore) this.#parts.onFault(left);
    return left === true ? this.#run(known, bytes, mayWait(bytes, name)) : undefined;
  }

  closed(client: FrontClient): void {
    const known = this.#clients.get(client);
    this.#clients.delete(client);
    known?.connection?.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }

  /** The process is ready, and has served nobody yet. */
  keep(): Promise<void> {
    return this.#parts.store.keep();
  }

  /** Another history begins. */
  restore(): Promise<void> {
    return this.#parts.store.restore();
  }

  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients.keys()) this.closed(client);
    this.#parts.store.close();
    this.#parts.onClosed();
  }

  async #run(client: Client, bytes: string, isBlocking: boolean): Promise<string> {
    if (!isBlocking) this.#underWay++;
    try {
      client.connection ??= this.#parts.store.connect();
      const connection = await client.connection;
      const [reply] = await connection.send([bytes]);
      return reply!;
    } catch (error) {
      // Whoever closes a connection does not wait for what is under way there.
      if (!this.#isClosed && [...this.#clients.values()].includes(client))
        this.#parts.onFault(error as Error);
      throw error;
    } finally {
      if (!isBlocking) this.#underWay--;
    }
  }
}
