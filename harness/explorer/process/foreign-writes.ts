import net from 'node:net';
import { addressText, Refusal } from '../../wire/refusal.ts';
import type { Judge } from '../../wire/network.ts';
import { isOurs } from '../../ground/ours.ts';

/** A process that is explored. */
interface Writer extends Judge {
  /** Every connection of its own is a link, so that no socket is. */
  readonly isLinked: boolean;
}

type Write = (this: net.Socket, ...args: unknown[]) => unknown;

/**
 * Until it is disposed of, explored code writes to no socket that was connected before it ran, as functions have that were
 * imported with a client of theirs: it is refused before a byte leaves.
 */
export function refuseForeignWrites(current: () => Writer | undefined): Disposable {
  const prototype = net.Socket.prototype as unknown as Record<'_write' | '_writev', Write>;
  const { _write, _writev } = prototype;
  const guarded = (write: Write): Write =>
    function (...args) {
      const writer = isOurs() ? undefined : current();
      // What is logged is nobody's business, and while code hangs, what we tell of it goes there, too. Told by what Node
      // notes of these streams: process.stdout may be another one for explored code.
      const { fd } = this as { fd?: number };
      const isLog = fd === 1 || fd === 2;
      if (!writer?.isLinked || isLog) return Reflect.apply(write, this, args);
      const { remoteAddress: host, remotePort: port } = this;
      const where = port === undefined ? 'a socket' : addressText({ host, port });
      const what = `writes to ${where} by a connection that was there before: nothing was sent`;
      writer.refused(new Refusal('earlier', what, writer.format));
      return undefined;
    };
  Object.assign(prototype, { _write: guarded(_write), _writev: guarded(_writev) });
  return { [Symbol.dispose]: () => void Object.assign(prototype, { _write, _writev }) };
}
