import type { Duplex } from 'node:stream';
import type { Conversation } from './conversation.ts';

/** Who writes to a connection. */
export interface ClientSide {
  /** Told each command that it wrote, but for the handshake. */
  onCommand(bytes: string): void;
  /** A client of the code's own; absent: one that it was given. */
  own?: Conversation;
}

/** How an instance's connections come about: in-process for the search, real sockets for a replay. */
export interface Transport {
  /** A new connection. */
  open(connection: number, client: ClientSide): Duplex;
  deliver(connection: number, bytes: string): void;
  /** A call sets out to a store beside Redis, on a connection that is none of a client's. */
  ask?(connection: number, bytes: string): void;
  /** Breaks the connection. */
  cut(connection: number): void;
  /** Whether bytes are still on their way, so that the instance cannot be quiet yet. */
  busy(): boolean;
  /** Whether the process may wait for nothing but Redis; a replay has real sockets and cannot tell. */
  refusesOutside: boolean;
}
