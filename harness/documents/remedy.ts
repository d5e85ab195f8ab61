import type { Property } from '../../strategies/contract.ts';
import type { Habit } from './path-commands.ts';

/** What to do about a cause. */
export interface Remedy {
  /** As a sentence goes on after "Remedy:", without a full stop. */
  says: string;
  /** The file of a built-in strategy that does it; absent where none holds. */
  as?: string;
  /** What that strategy breaks all the same where this comes about: nobody is to take it for safe there. */
  though?: string;
  /** What it tells people to do: nothing for code that does that already. */
  advises?: readonly Habit[];
  /** Violated properties that it is for; absent: all. */
  of?: readonly Property[];
}

/** What strategies break all the same that are named in a remedy. */
export const LOST = 'the units and orders that the server lost stay lost';
export const GIVES_UP = 'its buyers may give up while units are left';

type For = Pick<Remedy, 'advises' | 'of' | 'though'>;
/** As the strategy in this file does it. */
export const as =
  (file: string) =>
  (says: string, more: For = {}): Remedy => ({ says, as: file, ...more });
/** What most need: stock, limit, memory of requests and order in one script. */
export const once = as('strategies/lua-reserve-once.ts');
/** Of code that remembers requests, and looks for them too late. */
export const LOOK_FIRST = once(
  'let the script look for the requestId first, before stock and limit, and answer a repeat with what the request was sold',
);
/** No strategy holds there: somebody else has to do it. */
export const asNobody = (says: string, more: For = {}): Remedy => ({ says, ...more });
