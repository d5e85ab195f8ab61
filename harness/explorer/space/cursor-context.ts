import type { Histories } from '../process/histories.ts';
import type { Ticks } from '../process/ticks.ts';
import type { Rules } from '../rules.ts';
import type { ServerMemo } from '../server/memo.ts';

/** What a cursor walks on. */
export interface CursorContext {
  memo: ServerMemo;
  histories: Histories;
  rules: Rules;
  /** From the ids that the history's role was recorded with to the ids of the instance at hand, and back. */
  swap: (text: string) => string;
  /** What the server draws is an event with several outcomes; or the first of them, where nothing competes. */
  draws: 'branch' | 'first';
  /** Firing a timer moves the world's clock, and what Redis is to forget by then is forgotten. */
  clockMoves: boolean;
  /** By how much its clock is ahead of what is told: of who comes when all is over. */
  laterMs: number;
  /** Buyers confirm: what they hold may lapse once the clock has moved. */
  holdsLapse: boolean;
  /** The server writes an append-only file, with which it would start again. */
  keepsLog: boolean;
  /** Ticks that lead back to the state before them. */
  ticks: Ticks | undefined;
  /** Events after which an instance is taken to go on for ever. */
  mostEvents: number;
  /** @throws StartAgain if the text names buyers other than the role's own: then they are not interchangeable */
  requireOwnIds: (text: string) => void;
}
