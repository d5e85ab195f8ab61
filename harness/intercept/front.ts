import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { Conversation } from '../wire/conversation.ts';
import { messageEnd } from '../wire/resp.ts';

/** Who is told what the clients of a service do. */
export interface Listener {
  /** A client connected. */
  onConnected(): void;
  /** A client asked which node of a cluster has which slots. */
  onCluster(): void;
  /** A client sent a command; how it introduced itself was answered by then. */
  onCommand(client: FrontClient, bytes: string): void;
  /** Where given, it is asked first: the reply, if the command is none that is explored. */
  passes?: ((client: FrontClient, bytes: string) => Promise<string> | undefined) | undefined;
  /** A client closed its connection. */
  onClosed(client: FrontClient): void;
  /** A client speaks something else than RESP. */
  onForeign(client: FrontClient): void;
  /** Something came in, or went out. */
  onActivity(): void;
}

/** What a client takes for Redis. */
interface FoundServer {
  /** Where it has found it. */
  port: number;
  /** These as `Circumstances` of a conversation have them. */
  commandTable?: string | undefined;
  isNode?: boolean | undefined;
}

/** Counts clients: each has a number of its own. */
let clients = 0;

/** A command whose reply is to come; one that came later is not told first. */
interface Unanswered {
  isPassed: boolean;
  reply?: string;
}

/** One connection that a process of the service has made to what it takes for Redis. */
export class FrontClient {
  readonly #socket: Socket;
  /** What carries it: another one where it speaks TLS. */
  readonly #carrier: Socket;
  readonly #conversation: Conversation;
  /** Oldest first; empty where no command is passed. */
  readonly #unanswered: Unanswered[] = [];

  /** @param carrier what carries the socket, if that speaks TLS */
  constructor(socket: Socket, { port, ...answers }: FoundServer, listener: Listener, carrier = socket) {
    this.#socket = socket;
    this.#carrier = carrier;
    carrier.setNoDelay(true);
    this.#conversation = new Conversation({
      clientId: () => ++clients,
      onForeign: () => listener.onForeign(this),
      address: { host: '127.0.0.1', port },
      ...answers,
    });
    socket.on('data', (data) => {
      listener.onActivity();
      for (const said of this.#conversation.hears(data.toString('latin1'))) {
        if ('command' in said) this.#take(said.command, listener);
        else socket.write(said.answer, 'latin1');
      }
      if (this.#conversation.inCluster) listener.onCluster();
    });
    socket.on('error', () => {}); // told by its end
    socket.on('close', () => {
      listener.onActivity();
      listener.onClosed(this);
    });
  }

  /** The database that it has chosen. */
  get database(): number {
    return this.#conversation.database;
  }

  /** Bytes that the system has not taken yet. */
  get isWriting(): boolean {
    return this.#socket.writableLength + this.#carrier.writableLength > 0;
  }

  /** Hands over replies (RESP3, latin1), in the protocol that the client speaks. */
  tell(replies: string): void {
    if (this.#unanswered.length === 0) return this.#write(replies);
    for (let at = 0; at < replies.length;) {
      const end = messageEnd(replies, at);
      const asked = this.#unanswered.find(({ isPassed, reply }) => !isPassed && reply === undefined);
      asked!.reply = replies.slice(at, end);
      at = end;
    }
    this.#writeAnswered();
  }

  #take(command: string, listener: Listener): void {
    if (!listener.passes) return listener.onCommand(this, command);
    const passed = listener.passes(this, command);
    const asked: Unanswered = { isPassed: passed !== undefined };
    this.#unanswered.push(asked);
    if (!passed) return listener.onCommand(this, command);
    passed.then(
      (reply) => {
        listener.onActivity();
        asked.reply = reply;
        this.#writeAnswered();
      },
      () => this.cut(), // told elsewhere
    );
  }

  #writeAnswered(): void {
    let replies = '';
    while (this.#unanswered[0]?.reply !== undefined) replies += this.#unanswered.shift()!.reply;
    if (replies !== '') this.#write(replies);
  }

  #write(replies: string): void {
    if (this.#socket.writable) this.#socket.write(this.#conversation.tells(replies), 'latin1');
  }

  /** The server closes the connection, once all is read. */
  end(): void {
    this.#socket.end();
  }

  /** The connection breaks. */
  cut(): void {
    // A reset while the socket is being shut down keeps Node 20 from ever ending.
    if (this.#carrier.readyState === 'open') this.#carrier.resetAndDestroy();
    else this.#carrier.destroy();
    this.#socket.destroy();
  }

  /** Nobody needs it any more. */
  close(): void {
    this.#socket.destroy();
  }
}

/** How TLS begins: the type of a record that shakes hands. */
const HANDSHAKE = 0x16;

interface FrontOptions extends Omit<FoundServer, 'port'> {
  /** Listens already, in a network of the service's own. */
  own?: Server | undefined;
  /** With what it ends TLS; absent: it does not. */
  secure?: SecureContext | undefined;
}

/** What a process of a service takes for its Redis: a port of 127.0.0.1, or of its own network, behind which commands are held. */
export class Front implements AsyncDisposable {
  readonly #server: Server;
  readonly #listener: Listener;
  readonly #said: Omit<FoundServer, 'port'>;
  readonly #clients = new Set<FrontClient>();
  /** Connections that have not said yet whether they speak TLS. */
  readonly #silent = new Set<Socket>();
  /** Those that shake hands. */
  readonly #shaking = new Set<Socket>();

  private constructor(server: Server, listener: Listener, { secure, commandTable, isNode }: FrontOptions) {
    this.#server = server;
    this.#listener = listener;
    this.#said = { commandTable, isNode };
    server.on('connection', (socket) => {
      listener.onConnected();
      if (secure) this.#greet(socket, secure);
      else this.#accept(socket);
    });
  }

  static async open(listener: Listener, options: FrontOptions = {}): Promise<Front> {
    if (options.own) return new Front(options.own, listener, options);
    const server = createServer({ allowHalfOpen: false }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Front(server, listener, options);
  }

  #accept(socket: Socket, carrier = socket): void {
    const found = { port: this.port, ...this.#said };
    const client = new FrontClient(socket, found, this.#listener, carrier);
    this.#clients.add(client);
    socket.once('close', () => this.#clients.delete(client));
  }

  /** TLS is told by its first byte. */
  #greet(socket: Socket, secureContext: SecureContext): void {
    this.#silent.add(socket);
    socket.once('close', () => this.#silent.delete(socket));
    socket.on('error', () => {}); // told by its end
    socket.once('data', (first: Buffer) => {
      this.#listener.onActivity();
      this.#silent.delete(socket);
      socket.pause();
      socket.unshift(first);
      if (first[0] === HANDSHAKE) this.#shakeHands(socket, secureContext);
      else this.#accept(socket);
    });
  }

  #shakeHands(socket: Socket, secureContext: SecureContext): void {
    this.#shaking.add(socket);
    const over = (): void => {
      this.#listener.onActivity();
      this.#shaking.delete(socket);
    };
    const secured = new TLSSocket(socket, { isServer: true, secureContext });
    secured.once('secure', over).once('close', over);
    this.#accept(secured, socket);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Bytes are on their way to the process, as far as can be told here. */
  get isWriting(): boolean {
    for (const client of this.#clients) if (client.isWriting) return true;
    return this.#shaking.size > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    for (const socket of this.#silent) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
