import type {
  AttemptFault,
  ClientFault,
  ClockFault,
  ConnectionEvent,
  ConnectionFault,
  Extra,
  KeyFault,
  CallFault,
  ProcessFault,
  ReleaseFault,
  ServerFault,
} from '../../documents/faults.ts';

/** How a confirm stands to what came before it. */
export interface Paying {
  /** The clock has moved since its purchase began: what was held may be gone. */
  late: boolean;
  /** An earlier one was acknowledged. */
  paid: boolean;
}

/** How a release does. */
export interface Releasing {
  /** Its buyer's purchase or confirm has no certain answer yet: it may run after the release, and take the units again. */
  uncertain?: true;
}

/** One branch of the search: an event of one slot. */
export type Move =
  | { kind: 'start'; buyer: number }
  | { kind: 'execute'; connection: number }
  /** Its next command has waited in vain at the server. */
  | { kind: 'lapse'; connection: number }
  /** So many replies arrive, in one chunk: no microtask comes between them. */
  | { kind: 'deliver'; connection: number; replies: number }
  /** Of the timers that are set, the one of this id; absent: the only one. */
  | { kind: 'timer'; timer?: number }
  /** What the process put off by setImmediate comes. */
  | { kind: 'immediate' }
  | FaultMove
  | { kind: 'cut-all' }
  | { kind: AttemptFault; buyer: number; operation: number }
  | ({ kind: 'release' | ReleaseFault; buyer: number; operation: number } & Releasing)
  | ({ kind: 'confirm'; buyer: number; operation: number } & Paying)
  /** The buyer asks a process that starts for it: after a crash, or another one behind a load balancer. */
  | { kind: 'elsewhere'; buyer: number; operation: number; as: AttemptFault }
  | { kind: 'restock'; operation: number }
  | { kind: 'job' };

/** What happens to a process, to a connection or to a client. */
export type FaultMove =
  /** So many commands, the oldest that have no reply, time out together. */
  | { kind: ClientFault; commands: number }
  /** The call that is under way on this connection. */
  | { kind: CallFault; connection: number }
  /** Of each connection, so many of the commands that were sent still run. */
  | { kind: ProcessFault; survivors: readonly number[] }
  /** The same of the one that it hits. */
  | { kind: ConnectionEvent; connection: number; survivors: number; as: ConnectionFault };

/** What happens to the server by itself. */
export type ServerFaultMove =
  | { kind: KeyFault; key: string }
  /** Which replica takes its place, of those that stopped, the first to stop being 0; absent: one that follows, or none. */
  | { kind: ServerFault; replica?: number };

/** What happens to the world by itself. */
export type ServerMove =
  | ServerFaultMove
  /** So many milliseconds pass while everybody waits. */
  | { kind: ClockFault; ms: number };

/** One event that may happen next. */
export interface Choice {
  /** Whose it is; SERVER for what happens to the server. */
  slot: number;
  move: Move | ServerMove;
  /** What it is paid from; undefined: the sale goes on by it. */
  price: Extra | undefined;
  id: number;
}

export const SERVER = -1;

/** Moves that are the sale's own: they cost nothing, and the sale goes on by them. */
const FREE = new Set<Move['kind']>(['start', 'execute', 'lapse', 'deliver', 'timer', 'immediate', 'cut-all']);

/** What a move is paid from; undefined: it is one of the sale's own. Any other is paid from what it is called. */
export function priceOf(move: Move | ServerMove): Extra | undefined {
  if ('as' in move) return move.as;
  return FREE.has(move.kind as Move['kind']) ? undefined : (move.kind as Extra);
}
