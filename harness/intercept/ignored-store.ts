import type { RedisOptions } from 'ioredis';
import { RawConnection } from '../wire/raw-connection.ts';

/**
 * Keys of the ignored commands of one process, and of no other: a database of a server beside that of the sale. What they come to
 * is then a function of what this process was told, as the search needs it.
 */
export class IgnoredStore {
  readonly #options: RedisOptions;
  readonly #database: string;
  readonly #own: RawConnection;
  /** What makes anew what it held when the process was ready. */
  #kept: string[][] = [];

  private constructor(options: RedisOptions, database: string, own: RawConnection) {
    this.#options = options;
    this.#database = database;
    this.#own = own;
  }

  static async open(options: RedisOptions, database: number): Promise<IgnoredStore> {
    const own = await connected(options, String(database));
    await own.call(['FLUSHDB', 'SYNC']);
    return new IgnoredStore(options, String(database), own);
  }

  /** A connection for one of the process. */
  connect(): Promise<RawConnection> {
    return connected(this.#options, this.#database);
  }

  /** The process is ready, and has served nobody yet. */
  async keep(): Promise<void> {
    const { items } = (await this.#own.call(['KEYS', '*'])) as { items: string[] };
    this.#kept = [];
    for (const key of items) {
      const ttl = (await this.#own.call(['PTTL', key])) as number;
      const dump = await this.#own.call(['DUMP', key]);
      if (typeof dump === 'string') this.#kept.push(['RESTORE', key, String(Math.max(ttl, 0)), dump]);
    }
  }

  /** Another history begins: it finds what the first one found. */
  async restore(): Promise<void> {
    for (const command of [['FLUSHDB', 'SYNC'], ...this.#kept]) await this.#own.call(command);
  }

  close(): void {
    this.#own.close();
  }
}

async function connected(options: RedisOptions, database: string): Promise<RawConnection> {
  const connection = await RawConnection.open(options);
  await connection.call(['SELECT', database]);
  return connection;
}
