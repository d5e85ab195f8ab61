import { AsyncResource } from 'node:async_hooks';
import net from 'node:net';
import { onExit } from '../ground/lifetime.ts';
import { ours } from '../ground/ours.ts';
import { Turns } from '../ground/turns.ts';
import { Introduction } from './introduction.ts';
import { SECURE, type Connecting } from './other-end.ts';
import { addressText, askedHere, DEFAULT_HOST, Refusal, type Address } from './refusal.ts';

/** Where what connections sent is counted. */
export interface Spent {
  commands: number;
  roundTrips: number;
}

interface Opening extends Connecting {
  /** Where it was to lead. */
  address: Address;
  /** Told that it speaks another protocol: nothing of it is sent. */
  onForeign: (refusal: Refusal) => void;
}

/**
 * Connections that code under test opens in a load run: each leads to the run's server, wherever it was to lead, and waits for
 * as long as there is none. From there on it is a socket like any other, in real time. Who speaks no RESP is refused, and
 * nothing of it is sent.
 */
export class Led {
  #to: Address | undefined;
  readonly #waiting = new Set<() => void>();
  /** With where they lead. */
  readonly #open = new Map<net.Socket, Address>();
  readonly #turns = new Turns();
  #unregister: (() => void) | undefined;
  /** Counts what is sent from now on. */
  spent: Spent = { commands: 0, roundTrips: 0 };
  /** Commands in all. */
  sent = 0;

  /** Connections that are open. */
  get size(): number {
    return this.#open.size;
  }

  /** To this server lead those that wait, and those that are opened from now on. */
  lead(to: Address): void {
    this.#to = to;
    for (const start of this.#waiting) start();
    this.#waiting.clear();
  }

  /** Those that are opened from now on wait. */
  hold(): void {
    this.#to = undefined;
  }

  /** Nobody hears any more of those that lead to a server that ends; default: all. */
  abandon(ends: (to: Address) => boolean = () => true): void {
    for (const [socket, to] of this.#open) {
      if (!ends(to)) continue;
      this.#open.delete(socket);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.destroy();
    }
    if (this.#open.size > 0) return;
    this.#unregister?.();
    this.#unregister = undefined;
  }

  /** Connects a socket that was to lead to another address. */
  connect(socket: net.Socket, { address, onForeign, secure = false, callback }: Opening): void {
    const asked = askedHere();
    if (callback) socket.once(secure ? 'secureConnect' : 'connect', callback);
    if (secure) {
      Object.assign(socket, SECURE);
      socket.once('connect', () => socket.emit('secureConnect'));
    }
    const introduction = new Introduction();
    const refuse = (): void => {
      const what = `opens a connection to ${addressText(address)}, where it does not speak to Redis: nothing was sent`;
      onForeign(new Refusal('foreign', what, 'esm', asked));
    };
    this.#carry(socket, introduction, refuse);
    // Who says nothing until it fails has waited for what another kind of server says first.
    socket.once('close', (failed: boolean) => {
      this.#open.delete(socket);
      const byItself = socket.errored !== null && !('syscall' in socket.errored);
      if (failed && byItself && introduction.isSilent && this.#to !== undefined) refuse();
    });
    if (this.#to === undefined) this.#wait(socket);
    else this.#start(socket, this.#to);
  }

  #start(socket: net.Socket, to: Address): void {
    this.#unregister ??= onExit({ release: async () => this.abandon() });
    this.#open.set(socket, to);
    const { path, host = DEFAULT_HOST, port = 0 } = to;
    ours(() => socket.connect(path === undefined ? { host, port } : { path }));
  }

  /** Its time limits begin once there is a server. */
  #wait(socket: net.Socket): void {
    let limit: [number, (() => void)?] = [socket.timeout ?? 0];
    socket.setTimeout(0);
    Object.assign(socket, {
      connecting: true,
      setTimeout: (...given: [number, (() => void)?]) => {
        limit = given;
        return socket;
      },
    });
    const start = AsyncResource.bind((): void => {
      Reflect.deleteProperty(socket, 'setTimeout');
      if (socket.destroyed) return;
      socket.setTimeout(...limit);
      this.#start(socket, this.#to!);
    });
    this.#waiting.add(start);
    socket.once('close', () => this.#waiting.delete(start));
  }

  /** What is written to it goes by us. */
  #carry(socket: net.Socket, introduction: Introduction, refuse: () => void): void {
    // eslint-disable-next-line typescript/unbound-method -- it is called on the socket
    const { _write: write } = net.Socket.prototype;
    let lastTurn = -1;
    let isRefused = false;
    const send = (bytes: Buffer, done: (error?: Error | null) => void): void => {
      const before = introduction.commands;
      const told = introduction.tells(bytes);
      if (told === undefined) {
        if (!isRefused) refuse();
        isRefused = true;
        return;
      }
      const commands = introduction.commands - before;
      this.sent += commands;
      this.spent.commands += commands;
      if (commands > 0 && lastTurn !== (lastTurn = this.#turns.current)) this.spent.roundTrips++;
      if (told.length === 0) done();
      else write.call(socket, told, 'buffer' as BufferEncoding, done);
    };
    Object.assign(socket, {
      _write: (chunk: Buffer | string, encoding: BufferEncoding, done: () => void) =>
        send(bytesOf(chunk, encoding), done),
      _writev: (chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], done: () => void) =>
        send(Buffer.concat(chunks.map(({ chunk, encoding }) => bytesOf(chunk, encoding))), done),
    });
  }
}

const bytesOf = (chunk: Buffer | string, encoding: BufferEncoding): Buffer =>
  typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
