import type { Client, Strategy } from '../../strategies/contract.ts';
import { EnvironmentError } from '../ground/errors.ts';
import { onExit } from '../ground/lifetime.ts';
import { endClient } from '../ground/spoilt.ts';
import { Turns } from '../ground/turns.ts';
import { clientOf, overhear } from '../redis/clients.ts';
import type { Reachable } from '../redis/target.ts';
import type { Failures } from './failures.ts';

/** The connections of one instance: opened, counted, closed together. */
export class Connections {
  /** Commands written to the wire, re-sent ones included, handshakes and those that wait for a connection not. */
  commands = 0;
  /** Packets: what is written to one connection in one turn of the event loop goes and comes back together. */
  roundTrips = 0;
  readonly #turns = new Turns();
  readonly #open: Client[] = [];
  readonly #failures: Failures;
  readonly #own: () => { size: number };
  #unregister: (() => void) | undefined;

  /**
   * @param failures told of the connections' own errors; commands report theirs where they were sent
   * @param own connections that the code opens itself; whoever counts their commands adds them here
   */
  constructor(failures: Failures, own = () => ({ size: 0 })) {
    this.#failures = failures;
    this.#own = own;
  }

  get size(): number {
    return this.#open.length + this.#own().size;
  }

  /**
   * @param strategy whose client options count, if it is to use the connection
   * @throws EnvironmentError if there is no connection to be had
   */
  async open(target: Reachable, strategy: Pick<Strategy, 'client'> = {}): Promise<Client> {
    const redis = clientOf(target, { ...strategy.client, lazyConnect: true });
    // Where a run is cut short, nothing must write any more when a server is tidied up.
    this.#unregister ??= onExit({ release: async () => this.disconnect() });
    this.#open.push(redis);
    redis.on('error', (error) => this.#failures.count(error, 'connection'));
    try {
      await redis.connect();
    } catch (error) {
      throw new EnvironmentError(
        'NO_CONNECTION',
        `cannot connect to Redis: ${error instanceof Error ? error.message : String(error)}`,
        'check that the server runs, and that it allows as many clients as are in flight (maxclients)',
        { cause: error },
      );
    }
    return this.#counted(redis);
  }

  disconnect(): void {
    this.#unregister?.();
    this.#unregister = undefined;
    for (const redis of this.#open) endClient(redis);
  }

  /**
   * Counted here and not by the server, because the server's figures include the commands that scripts call, and
   * on a borrowed server everybody else's.
   */
  #counted(redis: Client): Client {
    let lastTurn = -1;
    overhear(redis, () => {
      // A command that has to wait for the connection passes here again once it is ready.
      if (redis.status !== 'ready') return;
      this.commands++;
      if (lastTurn === this.#turns.current) return;
      lastTurn = this.#turns.current;
      this.roundTrips++;
    });
    // The strategy's own further connections count too.
    const duplicable = redis as { duplicate(...overrides: unknown[]): Client };
    const duplicate = duplicable.duplicate.bind(redis);
    duplicable.duplicate = (...overrides) => {
      const another = this.#counted(duplicate(...overrides));
      another.on('error', (error) => this.#failures.count(error, 'connection'));
      return another;
    };
    return redis;
  }
}
