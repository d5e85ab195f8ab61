import type { CutFault, Extra, KeyFault, ServerFault } from '../../documents/faults.ts';

/** One branch of the search: an event of one slot. */
export type Move =
  | { kind: 'start'; buyer: number }
  | { kind: 'execute'; connection: number }
  /** So many replies arrive, in one chunk: no microtask comes between them. */
  | { kind: 'deliver'; connection: number; replies: number }
  /** Of the timers that are set, the one of this id; absent: the only one. */
  | { kind: 'timer'; timer?: number }
  /** What the process put off by setImmediate comes. */
  | { kind: 'immediate' }
  | { kind: 'crash'; survivors: readonly number[] }
  | { kind: 'cut'; connection: number; survivors: number; as: CutFault }
  | { kind: 'cut-all' }
  /** `repeat`: the buyer asks again without waiting for an answer, as a double click does, of a process that serves several. */
  | { kind: 'retry' | 'repeat' | 'release'; buyer: number; operation: number }
  /** The same on a process that starts for it: that of a crashed buyer, or another one behind a load balancer. */
  | { kind: 'takeover' | 'repeat-elsewhere'; buyer: number; operation: number }
  | { kind: 'restock'; operation: number }
  | { kind: 'job' };

/** What happens to the server by itself. */
export type ServerFaultMove = { kind: KeyFault; key: string } | { kind: ServerFault };

/** What happens to the world by itself. */
export type ServerMove =
  | ServerFaultMove
  /** So many milliseconds pass while everybody waits. */
  | { kind: 'slow'; ms: number };

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
const FREE = new Set<Move['kind']>(['start', 'execute', 'deliver', 'timer', 'immediate', 'cut-all']);

/** What a move is paid from; undefined: it is one of the sale's own. Any other is paid from what it is called. */
export function priceOf(move: Move | ServerMove): Extra | undefined {
  switch (move.kind) {
    case 'takeover':
      return 'retry';
    case 'repeat-elsewhere':
      return 'repeat';
    case 'cut':
      return move.as;
    default:
      return FREE.has(move.kind as Move['kind']) ? undefined : (move.kind as Extra);
  }
}
