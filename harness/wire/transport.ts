import type { Duplex } from 'node:stream';

/** How an instance's connections come about: in-process for the search, real sockets for a replay. */
export interface Transport {
  /** A new connection. `onCommand` is told each command that the client wrote, but for the handshake. */
  open(connection: number, onCommand: (bytes: string) => void): Duplex;
  deliver(connection: number, bytes: string): void;
  /** Breaks the connection. */
  cut(connection: number): void;
  /** Whether bytes are still on their way, so that the instance cannot be quiet yet. */
  busy(): boolean;
  /** Whether the process may wait for nothing but Redis; a replay has real sockets and cannot tell. */
  refusesOutside: boolean;
}
