import type { Said } from './conversation.ts';
import { Farewell, isQuit } from './farewell.ts';
import { isHandshake, withoutWaiting } from './handshake.ts';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { RedisOptions } from 'ioredis';
import { ours } from '../ground/ours.ts';
import { RawConnection } from './raw-connection.ts';
import { decodeCommand, messageEnd } from './resp.ts';
import type { ClientSide, Transport } from './transport.ts';

/**
 * A gate between real clients and the real server: sockets on both sides, on 127.0.0.1. It holds each command until
 * it is told to let it through, and each reply until it is told to hand it over. Handshakes pass by themselves.
 */
export class Gate implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: RedisOptions;
  readonly #passages: Passage[] = [];
  /** Connections that have been made and await the client, or the other way round, by the client's port. */
  readonly #arrived = new Map<number, Socket>();
  readonly #expected = new Map<number, Passage>();

  private constructor(server: Server, options: RedisOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (socket) => this.#pair(socket.remotePort!, socket, undefined));
  }

  static async open(options: RedisOptions): Promise<Gate> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Gate(server, options);
  }

  /**
   * Opens one for what is made of it, and closed with it. Where that fails it is closed here: one that nobody closes keeps the
   * program alive.
   */
  static async openFor<T>(options: RedisOptions, make: (gate: Gate) => Promise<T>): Promise<T> {
    const gate = await Gate.open(options);
    try {
      return await make(gate);
    } catch (error) {
      await gate[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A way through the gate for one process. `passages` fills as the process connects. */
  transport(passages: Passage[]): Transport {
    return {
      open: (connection, clientSide) => {
        const { port } = this.#server.address() as AddressInfo;
        const client = ours(() => connect(port, '127.0.0.1'));
        client.setNoDelay(true);
        const passage = new Passage(client, this.#options, clientSide);
        this.#passages.push(passage);
        passages[connection] = passage;
        client.on('connect', () => this.#pair(client.localPort!, undefined, passage));
        return client;
      },
      deliver: (connection, bytes) => passages[connection]!.deliver(bytes),
      cut: (connection) => passages[connection]!.cut(),
      busy: () => passages.some((passage) => passage.busy),
      refusesOutside: false,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const passage of this.#passages) passage.close();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pair(port: number, socket: Socket | undefined, passage: Passage | undefined): void {
    const arrived = socket ?? this.#arrived.get(port);
    const expected = passage ?? this.#expected.get(port);
    if (arrived && expected) expected.accept(arrived);
    else if (socket) this.#arrived.set(port, socket);
    else if (passage) this.#expected.set(port, passage);
  }
}

/** One connection through the gate. */
export class Passage {
  readonly #client: Socket;
  readonly #options: RedisOptions;
  readonly #side: ClientSide;
  #inner: Socket | undefined;
  #upstream: Promise<RawConnection> | undefined;
  #received = '';
  #handshaking = true;
  #shakes = 0;
  #cut = false;
  #closed = false;
  /** The run has no more use for it. */
  #over = false;
  /** Its number on the server, once it has begun a transaction. */
  #id: number | undefined;
  /** Commands that wait at the gate, oldest first. */
  readonly pending: string[] = [];
  /** Replies that wait at the gate, oldest first. */
  readonly replies: string[] = [];
  readonly #executed: string[] = [];
  readonly #farewell = new Farewell();

  constructor(client: Socket, options: RedisOptions, side: ClientSide) {
    this.#client = client;
    this.#options = options;
    this.#side = side;
    // Not `client.closed`, which is true before the event that the client library waits for.
    client.once('close', () => (this.#closed = true));
  }

  /** Whether bytes are on their way between client and gate: each end counts what it wrote and read. */
  get busy(): boolean {
    const { writableEnded, destroyed } = this.#client;
    if (this.#cut || writableEnded || destroyed) return !this.#closed;
    const inner = this.#inner;
    if (!inner || this.#client.connecting || this.#shakes > 0) return true;
    return this.#client.bytesWritten !== inner.bytesRead || inner.bytesWritten !== this.#client.bytesRead;
  }

  /** Commands whose replies were handed over. */
  get answered(): number {
    return this.#executed.length - this.replies.length;
  }

  get wasUsed(): boolean {
    return this.#executed.length + this.pending.length > 0;
  }

  get isCut(): boolean {
    return this.#cut;
  }

  /** Commands whose replies the client has not got. */
  unanswered(): string[] {
    return [...this.#executed.slice(this.#executed.length - this.replies.length), ...this.pending];
  }

  /** Whether a key that it watches was touched. @param flags those of CLIENT LIST, by the number of a connection */
  async isDirty(flags: (id: number) => Promise<string>): Promise<boolean> {
    return this.#id !== undefined && (await flags(this.#id)).includes('d');
  }

  accept(inner: Socket): void {
    this.#inner = inner;
    inner.setNoDelay(true);
    inner.on('error', () => {}); // the client's process was killed
    const { own } = this.#side;
    inner.on('data', (data) =>
      own ? this.#converse(own.hears(data.toString('latin1'))) : this.#receive(data.toString('latin1')),
    );
    // To a client that the code was given it speaks RESP2 until its HELLO passes; to one of the code's own, what that asked
    // for, whatever it speaks to the server.
    this.#upstream = RawConnection.open(this.#options, own ? 3 : 2);
  }

  /**
   * Lets the oldest command through, or another in its place.
   * @param before sent before it, of which nobody hears
   * @returns the server's reply, which then waits at the gate
   */
  async execute(
    instead?: string,
    before: readonly string[] = [],
  ): Promise<{ command: string; reply: string }> {
    const command = this.pending.shift();
    if (command === undefined) throw new Error('no command waits at the gate');
    const upstream = await this.#upstream!;
    // Within a transaction it could not be asked for.
    if (isMulti(command)) this.#id ??= Number(await upstream.call(['CLIENT', 'ID']));
    const reply = (await upstream.send([...before, withoutWaiting(instead ?? command)])).at(-1);
    this.#executed.push(command);
    if (isQuit(command)) this.pending.length = 0;
    this.replies.push(reply!);
    return { command, reply: reply! };
  }

  deliver(bytes: string): void {
    this.#inner!.write(this.#side.own?.tells(bytes) ?? bytes, 'latin1');
    if (!this.#farewell.isLast(bytes)) return;
    this.#cut = true;
    this.#inner!.end();
  }

  /** Breaks the connection between client and gate; what was sent before may still be let through. */
  cut(): void {
    this.#cut = true;
    // Of one that is closing already Node 20 makes a handle that keeps its loop busy when the process ends.
    if (this.#inner?.readyState === 'open') this.#inner.resetAndDestroy();
    else this.#client.destroy();
  }

  close(): void {
    this.#over = true;
    this.cut();
    void this.#upstream?.then((upstream) => upstream.close());
  }

  #receive(text: string): void {
    this.#received += text;
    for (;;) {
      const end = this.#received === '' ? -1 : messageEnd(this.#received, 0);
      if (end < 0) return;
      const bytes = this.#received.slice(0, end);
      this.#received = this.#received.slice(end);
      const args = decodeCommand(bytes);
      if (this.#handshaking && isHandshake(args)) {
        if (args[0]!.toUpperCase() === 'INFO') this.#handshaking = false;
        void this.#shake(bytes);
      } else {
        this.#take(bytes);
      }
    }
  }

  #converse(said: readonly Said[]): void {
    for (const one of said) {
      if ('command' in one) this.#take(one.command);
      else this.#inner!.write(one.answer, 'latin1');
    }
  }

  #take(command: string): void {
    // After QUIT a server reads nothing any more.
    if (!this.#executed.some(isQuit)) this.pending.push(command);
    this.#farewell.wrote(command);
    this.#side.onCommand(command);
  }

  async #shake(bytes: string): Promise<void> {
    this.#shakes++;
    const upstream = await this.#upstream!;
    try {
      const [reply] = await upstream.send([bytes]);
      this.#inner!.write(reply!, 'latin1');
    } catch (error) {
      // A process may be over before its client has introduced itself: nobody waits for the answer, and nothing is lost.
      if (!this.#over) throw error;
    } finally {
      this.#shakes--;
    }
  }
}

const isMulti = (command: string): boolean => decodeCommand(command)[0]!.toUpperCase() === 'MULTI';
