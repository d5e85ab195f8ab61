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
