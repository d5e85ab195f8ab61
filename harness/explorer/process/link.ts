import { Farewell } from '../../wire/farewell.ts';
import { helloReply, INFO_REPLY, isHandshake } from '../../wire/handshake.ts';
import { Duplex } from 'node:stream';
import type { RedisOptions } from 'ioredis';
import type { Said } from '../../wire/conversation.ts';
import { decodeCommand, messageEnd } from '../../wire/resp.ts';
import type { ClientSide, Transport } from '../../wire/transport.ts';
import { macrotask } from './virtual.ts';

/**
 * One connection of an explored client, in-process. It collects the commands that the client writes; the search
 * decides when each of them runs and when its reply arrives. The handshake is answered here with fixed bytes.
 */
class Link extends Duplex {
  /** ioredis asks this of a net.Socket. */
  readonly connecting = false;
  readonly #client: ClientSide;
  readonly #farewell = new Farewell();
  #received = '';
  #handshaking = true;
  #coming = 0;

  constructor(client: ClientSide) {
    super();
    this.#client = client;
    if (client.own) this.#later(() => this.emit('connect'));
  }

  /** Something comes in a later turn. */
  get busy(): boolean {
    return this.#coming > 0;
  }

  /** Lets reply bytes (latin1) arrive. */
  deliver(bytes: string): void {
    this.push(Buffer.from(this.#client.own?.tells(bytes) ?? bytes, 'latin1'));
    if (this.#farewell.isLast(bytes)) this.#later(() => this.push(null));
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  /** Time-outs of a live link never fire: time is virtual and no reply is late by itself. */
  setTimeout(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk).toString('latin1') : chunk.toString('latin1');
    const { own } = this.#client;
    if (own) this.#converse(own.hears(bytes));
    else this.#receive(bytes);
    done();
  }

  /** Who ends the connection has the server end it, too, once it has read what was sent. */
  override _final(done: () => void): void {
    this.#later(() => this.push(null));
    done();
  }

  #converse(said: readonly Said[]): void {
    for (const one of said) {
      if ('command' in one) this.#hand(one.command);
      else this.#later(() => this.push(Buffer.from(one.answer, 'latin1')));
    }
  }

  /**
   * What a server does by itself comes in a later turn of the loop, as over a socket: whatever the code does at once, such as to
   * end a client that connects again, comes before.
   */
  #later(act: () => void): void {
    this.#coming++;
    void macrotask().then(() => {
      this.#coming--;
      if (!this.destroyed) act();
    });
  }

  #hand(command: string): void {
    this.#farewell.wrote(command);
    this.#client.onCommand(command);
  }

  #receive(received: string): void {
    this.#received += received;
    for (;;) {
      const end = this.#received === '' ? -1 : messageEnd(this.#received, 0);
      if (end < 0) break;
      const bytes = this.#received.slice(0, end);
      this.#received = this.#received.slice(end);
      this.#take(bytes);
    }
  }

  #take(bytes: string): void {
    const args = this.#handshaking ? decodeCommand(bytes) : undefined;
    if (!args || !isHandshake(args)) {
      this.#hand(bytes);
      return;
    }
    const name = args[0]!.toUpperCase();
    // After the ready check the handshake is over; the same commands from a strategy are judged like any other.
    if (name === 'INFO') this.#handshaking = false;
    const reply = name === 'HELLO' ? helloReply(3) : name === 'INFO' ? INFO_REPLY : '+OK\r\n';
    // ioredis registers a command after it has written it, so the answer must not arrive within the write.
    process.nextTick(() => this.deliver(reply));
  }
}

type ConnectorClass = NonNullable<RedisOptions['Connector']>;

/** Opens the next connection of an instance. */
type OpenLink = () => Duplex;

/** What ioredis accepts as `Connector`: hands out what the client's options open instead of a socket. */
class InProcessConnector {
  readonly #open: OpenLink;
  #stream: Duplex | undefined;

  constructor({ openLink }: { openLink: OpenLink }) {
    this.#open = openLink;
  }

  check(): boolean {
    return true;
  }

  connect(): Promise<Duplex> {
    this.#stream = this.#open();
    return Promise.resolve(this.#stream);
  }

  disconnect(): void {
    this.#stream?.destroy();
  }
}

/**
 * Options of a client whose connections are opened so. The class is one for all clients: V8 keeps each class, and
 * all that its code sees, until a full garbage collection, and an exploration makes thousands of clients.
 */
export const overLinks = (openLink: OpenLink): Pick<RedisOptions, 'Connector'> & { openLink: OpenLink } => ({
  Connector: InProcessConnector as unknown as ConnectorClass,
  openLink,
});

/** Links for one instance. */
export function inProcess(): Transport {
  const links: Link[] = [];
  return {
    open: (connection, client) => (links[connection] = new Link(client)),
    deliver: (connection, bytes) => links[connection]!.deliver(bytes),
    cut: (connection) => links[connection]!.destroy(),
    busy: () => links.some((link) => link.busy),
    refusesOutside: true,
  };
}
