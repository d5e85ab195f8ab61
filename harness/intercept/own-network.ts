import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { EnvironmentError, UsageError } from '../ground/errors.ts';
import { onExit } from '../ground/lifetime.ts';
import { ours } from '../ground/ours.ts';
import type { ServiceNetwork } from '../service/running-service.ts';
import type { Asked, Given } from './in-network.ts';

/** Ports that a service finds there where nothing is said of one of them. */
const REDIS_PORT = 6379;
const HTTP_PORT = 8000;

/** How a network of one's own is made, and entered by its process. */
interface Way {
  make: readonly string[];
  enter: (pid: number) => string[];
}

/** Root needs nothing else; anybody else is root of a namespace of users, as Linux allows it in most places. */
const WAYS: readonly Way[] = [
  { make: ['--net'], enter: (pid) => [`--net=/proc/${pid}/ns/net`] },
  {
    make: ['--user', '--map-current-user', '--keep-caps', '--net'],
    enter: (pid) => [`--user=/proc/${pid}/ns/user`, '--preserve-credentials', `--net=/proc/${pid}/ns/net`],
  },
];

/** Nobody answers at loopback before this, and nothing else is there. */
const UP = 'ip link set lo up && command -v nsenter >/dev/null && exec "$@"';

const started = (way: Way, command: readonly string[], stdio: 'ipc' | 'ignore'): ChildProcess =>
  ours(() =>
    spawn('unshare', [...way.make, '--', '/bin/sh', '-c', UP, 'oversell-network', ...command], {
      stdio: ['ignore', 'ignore', 'pipe', stdio],
      detached: true, // no Ctrl-C reaches it: it ends with what it is for
    }),
  );

/** The ways that work here, in order of preference, are tried once. @throws UsageError if none does */
async function wayOf(): Promise<Way> {
  let said = '';
  for (const way of WAYS) {
    const child = started(way, ['true'], 'ignore');
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
    const code = await once(child, 'close').then(
      ([exitCode]) => exitCode as number | null,
      (error: Error) => void (said += `${error.message}\n`),
    );
    if (code === 0) return way;
  }
  const why = said.trim().split('\n').at(-1) || 'nsenter is missing';
  throw new UsageError(
    'NO_OWN_NETWORK',
    `ports that are written into a service's code need a network of their own for each process, and there is none here: ${why}`,
    'install unshare, nsenter and ip (util-linux, iproute2), and run where they are allowed; or let the service read REDIS_URL and PORT, or put {redis_port} and {port} into its start command',
  );
}

/** How networks are made here, found out once for all processes. */
export class OwnNetworks {
  readonly #way: Way;
  readonly #ports: { http: number; redis: number };

  private constructor(way: Way, ports: OwnNetworks['ports']) {
    this.#way = way;
    this.#ports = ports;
  }

  /** @throws UsageError where there are none */
  static async find(ports: { http?: number; redis?: number }): Promise<OwnNetworks> {
    return new OwnNetworks(await wayOf(), { http: HTTP_PORT, redis: REDIS_PORT, ...ports });
  }

  get ports(): { http: number; redis: number } {
    return this.#ports;
  }

  open(): Promise<OwnNetwork> {
    return OwnNetwork.open(this.#way, this.#ports);
  }
}

/** A network of one process, with nothing in it but that process and what it takes for its Redis. */
export class OwnNetwork implements ServiceNetwork, AsyncDisposable {
  readonly #helper: ChildProcess;
  readonly #enter: readonly string[];
  readonly port: number;
  /** Listens inside for what the service takes for its Redis. */
  readonly server: Server;
  readonly #dialled = new Map<number, (given: Given, socket?: Socket) => void>();
  #dials = 0;

  private constructor(helper: ChildProcess, way: Way, port: number, server: Server) {
    this.#helper = helper;
    this.#enter = ['nsenter', ...way.enter(helper.pid!), '--'];
    this.port = port;
    this.server = server;
    helper.on('message', (given: Given, socket?: Socket) => {
      if ('id' in given) this.#dialled.get(given.id)?.(given, socket);
    });
    helper.once('exit', () => {
      for (const [id, told] of this.#dialled) told({ id, failed: 'ENETDOWN' });
    });
  }

  static async open(way: Way, { http, redis }: OwnNetworks['ports']): Promise<OwnNetwork> {
    const helper = started(way, [process.execPath, fileURLToPath(import.meta.resolve('#in-network'))], 'ipc');
    const release = (): void => void helper.kill('SIGKILL');
    const unregister = onExit({ release: async () => release(), releaseNow: release });
    helper.once('exit', unregister);
    let said = '';
    helper.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
    const server = new Promise<Server>((listens, failed) => {
      let given: Server | undefined;
      helper.on('message', (message: Given, handle: Server) => {
        if ('listening' in message) given = handle;
        if ('ready' in message) listens(given!);
      });
      helper.once('error', failed);
      helper.once('exit', () => failed(new Error(said.trim() || 'it ended')));
    });
    helper.send({ listen: redis } satisfies Asked);
    try {
      return new OwnNetwork(helper, way, http, await server);
    } catch (cause) {
      release();
      throw new EnvironmentError(
        'NO_NETWORK',
        `no network for a process of the service: ${(cause as Error).message}`,
        'see whether memory or processes are used up; fewer processes at once need fewer: --processes',
        { cause },
      );
    }
  }

  enter(command: readonly string[]): string[] {
    return [...this.#enter, ...command];
  }

  dial(port: number): Promise<Socket> {
    const id = ++this.#dials;
    return new Promise((dialled, failed) => {
      this.#dialled.set(id, (given, socket) => {
        this.#dialled.delete(id);
        if (socket) dialled(socket);
        else failed(Object.assign(new Error(`nobody listens at port ${port}`), { code: 'ECONNREFUSED' }));
        void given;
      });
      this.#helper.send({ id, connect: port } satisfies Asked, (error) => {
        if (error) this.#dialled.get(id)?.({ id, failed: error.message });
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#helper;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#helper, 'exit');
    this.#helper.kill('SIGKILL');
    await ended;
  }
}
