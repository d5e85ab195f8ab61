import type { Extra } from './budgets.ts';

/** One branch of the search: an event of one slot, or of the server. */
export type Move =
  | { kind: 'start'; buyer: number }
  | { kind: 'execute' | 'deliver'; connection: number }
  | { kind: 'timer' }
  | { kind: 'crash'; survivors: readonly number[] }
  | { kind: 'cut'; connection: number; survivors: number; as: Extra }
  | { kind: 'cut-all' }
  /** `repeat`: the buyer asks again without waiting for an answer, as a double click does, of a process that serves several. */
  | { kind: 'retry' | 'repeat' | 'release'; buyer: number; operation: number }
  /** The same on a process that starts for it: that of a crashed buyer, or another one behind a load balancer. */
  | { kind: 'takeover' | 'repeat-elsewhere'; buyer: number; operation: number }
  | { kind: 'restock'; operation: number }
  | { kind: 'job' };

/** What befalls the server by itself. */
export type ServerMove =
  | { kind: 'expire' | 'evict'; key: string }
  | { kind: 'script-flush' | 'restart' | 'restart-without-aof' };

/** What a move is paid from; undefined: it is one of the sale's own. */
export function priceOf(move: Move | ServerMove): Extra | undefined {
  switch (move.kind) {
    case 'start':
    case 'execute':
    case 'deliver':
    case 'timer':
    case 'cut-all':
      return undefined;
    case 'takeover':
      return 'retry';
    case 'repeat-elsewhere':
      return 'repeat';
    case 'cut':
      return move.as;
    case 'crash':
    case 'retry':
    case 'repeat':
    case 'release':
    case 'restock':
    case 'job':
    case 'expire':
    case 'evict':
    case 'script-flush':
    case 'restart':
    case 'restart-without-aof':
      return move.kind;
  }
}
