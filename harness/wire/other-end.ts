import net from 'node:net';
import type { Duplex } from 'node:stream';

/** How a socket that is connected otherwise behaves. */
export interface Connecting {
  /** It speaks TLS, as far as who uses it can tell; nothing is encrypted. */
  secure?: boolean;
  /** As `connect` takes it. */
  callback?: (() => void) | undefined;
}

/** Ends of which nobody hears any more. */
const abandoned = new WeakSet<Duplex>();

/** From now on who has the socket hears nothing of it: neither what it is told nor its end. */
export const abandon = (other: Duplex): void => void abandoned.add(other);

/**
 * Connects a socket to `other`, which emits `connect` once it is: what is written to the one is written to the other, and
 * the other way round. It stays a socket of Node's, whoever asks, but has no handle: none of what that would do by real time
 * happens, so that its own time limits never pass.
 *
 * @returns the socket
 */
export function connectTo<S extends net.Socket>(
  socket: S,
  other: Duplex,
  { secure = false, callback }: Connecting = {},
): S {
  // eslint-disable-next-line typescript/unbound-method -- it is called on the socket
  const { _destroy: destroy } = net.Socket.prototype;
  const event = secure ? 'secureConnect' : 'connect';
  if (callback) socket.once(event, callback);
  const heard =
    <A extends unknown[]>(tell: (...args: A) => void) =>
    (...args: A): void => {
      if (!abandoned.has(other)) tell(...args);
    };
  Object.assign(socket, {
    connecting: true,
    ...(secure && SECURE),
    setTimeout: () => socket,
    _read: () => {},
    _write: (chunk: Buffer | string, encoding: BufferEncoding, done: (error?: Error | null) => void) =>
      void other.write(chunk, encoding, done),
    _writev: null,
    _final: (done: () => void) => void other.end(done),
    _destroy: (error: Error | null, done: (error?: Error | null) => void) => {
      other.destroy();
      destroy.call(socket, error ?? null, done);
    },
  });
  other.once(
    'connect',
    heard(() => {
      Object.assign(socket, { connecting: false });
      if (secure) socket.emit('connect');
      socket.emit(event);
      socket.emit('ready');
    }),
  );
  other.on(
    'data',
    heard((chunk: Buffer) => void socket.push(chunk)),
  );
  other.once(
    'end',
    heard(() => void socket.push(null)),
  );
  other.once(
    'close',
    heard(() => void socket.destroy()),
  );
  // Its end is told by `close`, as that of a connection that breaks.
  other.on('error', () => {});
  return socket;
}

export const SECURE = { encrypted: true, authorized: true, authorizationError: null, alpnProtocol: false };
