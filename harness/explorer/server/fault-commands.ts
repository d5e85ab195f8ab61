import { faultRow } from '../../documents/faults.ts';
import type { ServerFaultMove } from '../scope/moves.ts';

/** What the server is told for a fault to hit it. A restart is an end of every connection, too; that is not the server's part. */
export const commandsOf = (move: ServerFaultMove): readonly (readonly string[])[] =>
  faultRow(move.kind).commands!('key' in move ? move.key : '');
