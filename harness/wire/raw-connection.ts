import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { RedisOptions } from 'ioredis';
import { EnvironmentError, isLoss } from '../ground/errors.ts';
import { ours } from '../ground/ours.ts';
import { atMost } from '../ground/waiting.ts';
import { decode, encodeCommand, messageEnd, type Reply } from './resp.ts';

/** The server is gone, has closed the connection, or cannot be reached any more. */
class ConnectionLost extends EnvironmentError {
  constructor(why: string) {
    super(
      'CONNECTION_LOST',
      `the connection to the server of this run was lost: ${why}`,
      'see whether something removes its files or its socket, or closes its connections meanwhile',
    );
  }
}

/** How long it may take until whoever watches the server tells why. */
const TOLD_SOON_MS = 1_000;

/** Whether an error of a run is that its server is lost, which is the reason then why the run is aborted. */
export async function isOfLoss(error: unknown, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal && error instanceof ConnectionLost && !signal.aborted) {
    await atMost(TOLD_SOON_MS, once(signal, 'abort'));
  }
  return isLoss(signal?.reason);
}

let held = false;

/** Until it is disposed of, nothing more is sent: whoever sends waits for the end of the connection. */
export function holdCommands(): Disposable {
  held = true;
  return { [Symbol.dispose]: () => void (held = false) };
}

/**
 * A bare connection to the private server that hands out replies as raw bytes, which a client library would not.
 * Only the explorer's own bookkeeping speaks through it; strategies always speak through ioredis.
 */
export class RawConnection {
  readonly #socket: Socket;
  #received = '';
  #scanned = 0;
  readonly #waiting: ((bytes: string) => void)[] = [];
  #failed: Error | undefined;
  readonly #rejects = new Set<(error: Error) => void>();
  /** Called with each message that nobody waits for (MONITOR lines). */
  onUnasked: (bytes: string) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data) => this.#receive(data.toString('latin1')));
    socket.on('error', ({ message }) => this.#fail(new ConnectionLost(message)));
    socket.on('close', () => this.#fail(new ConnectionLost('the server closed the connection')));
  }

  static async open(options: RedisOptions, protocol: 2 | 3 = 3): Promise<RawConnection> {
    const { path, port = 6379, host = '127.0.0.1' } = options;
    const socket = ours(() => (path ? connect(path) : connect(port, host)));
    const connection = new RawConnection(socket);
    if (protocol === 3) await connection.call(['HELLO', '3']);
    return connection;
  }

  /** Sends commands in one write; answers their raw replies in order. */
  send(commands: readonly string[]): Promise<string[]> {
    if (this.#failed) return Promise.reject(this.#failed);
    if (commands.length === 0) return Promise.resolve([]);
    if (held) return new Promise((_, reject) => this.#rejects.add(reject));
    return new Promise((resolve, reject) => {
      const replies: string[] = [];
      this.#rejects.add(reject);
      const take = (bytes: string): void => {
        if (replies.push(bytes) < commands.length) return;
        this.#rejects.delete(reject);
        resolve(replies);
      };
      for (let i = 0; i < commands.length; i++) this.#waiting.push(take);
      this.#socket.write(commands.join(''), 'latin1');
    });
  }

  /** One command, decoded. @throws Error if the server answers an error */
  async call(args: readonly string[]): Promise<Reply> {
    const [bytes] = await this.send([encodeCommand(args)]);
    const reply = decode(bytes!);
    if (typeof reply === 'object' && reply !== null && reply.kind === 'error') {
      throw new Error(`${args[0]} on the private server: ${reply.message}`);
    }
    return reply;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received += text;
    for (;;) {
      const end = this.#scanned < this.#received.length ? messageEnd(this.#received, this.#scanned) : -1;
      if (end < 0) break;
      const bytes = this.#received.slice(this.#scanned, end);
      this.#scanned = end;
      const waiting = this.#waiting.shift();
      if (waiting) waiting(bytes);
      else this.onUnasked(bytes);
    }
    this.#received = this.#received.slice(this.#scanned);
    this.#scanned = 0;
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    for (const reject of this.#rejects) reject(this.#failed);
    this.#rejects.clear();
  }
}

/** Commands that go down a connection together. */
export class Batch {
  readonly #commands: string[] = [];

  /** @returns where their replies will be */
  add(...commands: readonly (readonly string[])[]): number[] {
    return this.addBytes(...commands.map(encodeCommand));
  }

  addBytes(...commands: readonly string[]): number[] {
    return commands.map((command) => this.#commands.push(command) - 1);
  }

  send(connection: RawConnection): Promise<string[]> {
    return connection.send(this.#commands);
  }
}

/** Our own commands never fail, and are never queued. */
export function requireDone(reply: string): string {
  if (!/^(-|\+QUEUED\r)/.test(reply)) return reply;
  throw new Error(`a command on the private server was answered ${reply.trim()}`);
}
