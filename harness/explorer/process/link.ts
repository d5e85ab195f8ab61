import { isHandshake } from '../../wire/handshake.ts';
import { Duplex } from 'node:stream';
import type { RedisOptions } from 'ioredis';
import { decodeCommand, messageEnd } from '../../wire/resp.ts';
import type { Transport } from '../../wire/transport.ts';

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const HELLO_FIELDS: [string, string][] = [
  ['server', bulk('redis')],
  ['version', bulk('7.0.0')],
  ['proto', ':3\r\n'],
  ['id', ':1\r\n'],
  ['mode', bulk('standalone')],
  ['role', bulk('master')],
  ['modules', '*0\r\n'],
];
const HELLO_REPLY = `%${HELLO_FIELDS.length}\r\n${HELLO_FIELDS.map(([key, value]) => bulk(key) + value).join('')}`;
const INFO_REPLY = bulk('redis_version:7.0.0\r\nredis_mode:standalone\r\nrole:master\r\nloading:0\r\n');

/**
 * One connection of an explored client, in-process. It collects the commands that the client writes; the search
 * decides when each of them runs and when its reply arrives. The handshake is answered here with fixed bytes.
 */
class Link extends Duplex {
  /** ioredis asks this of a net.Socket. */
  readonly connecting = false;
  readonly #onCommand: (bytes: string) => void;
  #received = '';
  #handshaking = true;

  constructor(onCommand: (bytes: string) => void) {
    super();
    this.#onCommand = onCommand;
  }

  /** Lets reply bytes (latin1) arrive. */
  deliver(bytes: string): void {
    this.push(Buffer.from(bytes, 'latin1'));
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
    this.#received +=
      typeof chunk === 'string' ? Buffer.from(chunk).toString('latin1') : chunk.toString('latin1');
    for (;;) {
      const end = this.#received === '' ? -1 : messageEnd(this.#received, 0);
      if (end < 0) break;
      const bytes = this.#received.slice(0, end);
      this.#received = this.#received.slice(end);
      this.#take(bytes);
    }
    done();
  }

  #take(bytes: string): void {
    const args = this.#handshaking ? decodeCommand(bytes) : undefined;
    if (!args || !isHandshake(args)) {
      this.#onCommand(bytes);
      return;
    }
    const name = args[0]!.toUpperCase();
    // After the ready check the handshake is over; the same commands from a strategy are judged like any other.
    if (name === 'INFO') this.#handshaking = false;
    const reply = name === 'HELLO' ? HELLO_REPLY : name === 'INFO' ? INFO_REPLY : '+OK\r\n';
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
    open: (connection, onCommand) => (links[connection] = new Link(onCommand)),
    deliver: (connection, bytes) => links[connection]!.deliver(bytes),
    cut: (connection) => links[connection]!.destroy(),
    busy: () => false,
    refusesOutside: true,
  };
}
