import { Redis } from 'ioredis';
import { systemClock } from '../../harness/ground/ambient.ts';
import { startServer } from '../../harness/redis/server.ts';
import { thisServer } from './this-server.ts';

/** What a server has seen of others since it was last asked. */
export interface Seen {
  connections: number;
  commands: string[];
}

/** A server that somebody else uses, at an address that stands in their code. */
export class ForeignServer implements AsyncDisposable {
  readonly port: number;
  /** Its Unix socket. */
  readonly path: string;
  readonly #owner: Redis;
  readonly #close: () => Promise<void>;
  readonly #commands: string[] = [];
  #connections = 0;

  private constructor(owner: Redis, port: number, path: string, close: () => Promise<void>) {
    this.#owner = owner;
    this.port = port;
    this.path = path;
    this.#close = close;
  }

  static async start(): Promise<ForeignServer> {
    const target = await startServer(await thisServer(), { listen: 'tcp' });
    const owner = new Redis(target.options);
    const [, path] = (await owner.config('GET', 'unixsocket')) as [string, string];
    const monitor = await owner.monitor();
    const server = new ForeignServer(owner, target.options.port!, path, async () => {
      monitor.disconnect();
      owner.disconnect();
      await target.close();
    });
    monitor.on('monitor', (_, args: string[]) => server.#commands.push(args.join(' ')));
    await server.seen();
    return server;
  }

  /** What its owner does there. */
  get owner(): Redis {
    return this.#owner;
  }

  /** By MONITOR, and by the server's own count of connections. */
  async seen(): Promise<Seen> {
    const mark = `here ${this.#commands.length}`;
    const info = await this.#owner.info('stats');
    await this.#owner.echo(mark);
    while (!this.#commands.some((command) => command.includes(mark))) await systemClock.sleep(1);
    return this.#since(Number(/total_connections_received:(\d+)/.exec(info)![1]));
  }

  #since(connections: number): Seen {
    const commands = this.#commands.splice(0).filter((one) => !/^(info stats|echo here)/i.test(one));
    const seen = { connections: connections - this.#connections, commands };
    this.#connections = connections;
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
