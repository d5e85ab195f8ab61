import type { ClockFault, KeyFault, ServerFault } from '../../documents/faults.ts';
import type { SERVER, ServerFaultMove } from '../scope/moves.ts';
import type { Atom } from './atom.ts';

/** Something that followed from an event. */
export type Happened = { slot: number; atom: Atom } | { slot: typeof SERVER; atom: OfServer };

/** What happened to the server, and how it is then. */
type OfServer = (
  | { event: KeyFault; key: string }
  | { event: ServerFault; replica?: number }
  | { event: ClockFault; elapsedMs: number }
) & { server: number };

/** A fault of the server. @param server as it is then */
export function told(move: ServerFaultMove, server: number): OfServer {
  if ('key' in move) return { event: move.kind, key: move.key, server };
  const { kind: event, ...which } = move;
  return { event, ...which, server };
}

/** What has happened on the way to an end. */
export interface Suffered {
  /** The server lost what it had acknowledged. */
  restarted: boolean;
  /** A process died, a connection broke or a command timed out: until then an error is the strategy's own. */
  struck: boolean;
}
