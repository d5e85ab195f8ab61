import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
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
  readonly #conversation: Conversation;
  /** Oldest first; empty where no command is passed. */
  readonly #unanswered: Unanswered[] = [];

  /** @param port at which it has found what it takes for Redis */
  constructor(socket: Socket, port: number, listener: Listener) {
    this.#socket = socket;
    socket.setNoDelay(true);
    this.#conversation = new Conversation({
      clientId: () => ++clients,
      onForeign: () => listener.onForeign(this),
      address: { host: '127.0.0.1', port },
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
    return this.#socket.writableLength > 0;
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
    if (this.#socket.readyState === 'open') this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** Nobody needs it any more. */
  close(): void {
    this.#socket.destroy();
  }
}

/** What a process of a service takes for its Redis: a port of 127.0.0.1, or of its own network, behind which commands are held. */
export class Front implements AsyncDisposable {
  readonly #server: Server;
  readonly #clients = new Set<FrontClient>();

  private constructor(server: Server, listener: Listener) {
    this.#server = server;
    server.on('connection', (socket) => {
      const client = new FrontClient(socket, this.port, listener);
      listener.onConnected();
      this.#clients.add(client);
      socket.once('close', () => this.#clients.delete(client));
    });
  }

  /** @param own listens already, in a network of the service's own */
  static async open(listener: Listener, own?: Server): Promise<Front> {
    if (own) return new Front(own, listener);
    const server = createServer({ allowHalfOpen: false }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Front(server, listener);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Bytes are on their way to the process, as far as can be told here. */
  get isWriting(): boolean {
    for (const client of this.#clients) if (client.isWriting) return true;
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
