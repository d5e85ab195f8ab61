import type { SERVER, ServerFaultMove, ServerMove } from '../scope/moves.ts';
import type { Atom } from './atom.ts';

/** Something that followed from an event. */
export type Happened = { slot: number; atom: Atom } | { slot: typeof SERVER; atom: OfServer };

/** What happened to the server, and how it is then. */
interface OfServer {
  event: ServerMove['kind'];
  key?: string;
  replica?: number;
  elapsedMs?: number;
  server: number;
}

/** A fault of the server. @param server as it is then */
export const told = ({ kind: event, ...which }: ServerFaultMove, server: number): OfServer => ({
  event,
  ...which,
  server,
});

/** What has happened on the way to an end. */
export interface Suffered {
  /** The server lost what it had acknowledged. */
  restarted: boolean;
  /** A process died, a connection broke or a command timed out: until then an error is the strategy's own. */
  struck: boolean;
}
