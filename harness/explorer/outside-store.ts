import { BESIDE } from '../documents/path-commands.ts';
import { byBytes, decodeCommand, encodeCommand } from '../wire/resp.ts';

/**
 * The stores beside Redis that a strategy's second step works on (`env.outside`). What a process asks of them is written as
 * a command is, on connections of their own, so that the search sends, runs, answers and forgets it as it does any other;
 * only what it comes to is told here, and no server is asked.
 */

/** No client sends a command of this name. */
const MARK = '\0outside';

export type OutsideCall = 'insert' | 'find' | 'remove' | 'rows' | 'append' | 'messages' | 'run';

/** The bytes by which a process asks a store. */
export const outsideCommand = (store: string, call: OutsideCall, args: readonly string[]): string =>
  encodeCommand([MARK, latin1(store), call, ...args.map(latin1)]);

/** Whether these bytes ask a store beside Redis. */
export const isOutside = (bytes: string): boolean => bytes.startsWith(HEAD, bytes.indexOf('$'));
const HEAD = `$${MARK.length}\r\n${MARK}\r\n`;

/** Whether this is a connection to a store beside Redis, by the commands that were written on it. */
export const isOutsideConnection = ([first]: readonly string[]): boolean =>
  first !== undefined && isOutside(first);

/** The name of a command, as it can be read; */
export const readableName = (name: string): string => (name === MARK ? BESIDE : name);
/** and in capitals, as people write it. */
export const nameTold = (name: string): string => readableName(name).toUpperCase();

/** What one store holds, in the order in which it came. */
export interface Stored {
  name: string;
  rows: [id: string, row: string][];
  messages: string[];
}

/** Everything that any store holds, as text: equal texts, equal stores. '' while they hold nothing. */
export type OutsideContent = string;

/** What the call comes to where the stores hold this. */
export function askOutside(
  content: OutsideContent,
  command: string,
): { reply: string; content: OutsideContent } {
  const [, name, call, ...args] = decodeCommand(command) as [string, string, OutsideCall, ...string[]];
  const stores = content === '' ? [] : (JSON.parse(content) as Stored[]);
  const store = stores.find((one) => one.name === name) ?? { name, rows: [], messages: [] };
  const { reply, changed } = ask(store, call, args);
  if (!changed) return { reply, content };
  const all = [...stores.filter((one) => one !== store), store].filter(
    ({ rows, messages }) => rows.length + messages.length > 0,
  );
  return { reply, content: all.length === 0 ? '' : JSON.stringify(byName(all)) };
}

/** The same under other names: stores have no order, and what each holds has that in which it came. */
export const byName = <Named extends { name: string }>(stores: readonly Named[]): Named[] =>
  stores.toSorted((a, b) => byBytes(a.name, b.name));

function ask(
  store: Stored,
  call: OutsideCall,
  [first = '', second = '']: readonly string[],
): { reply: string; changed?: true } {
  const at = store.rows.findIndex(([id]) => id === first);
  switch (call) {
    case 'insert':
      if (at >= 0) return { reply: '-EXISTS\r\n' };
      store.rows.push([first, second]);
      return { reply: DONE, changed: true };
    case 'remove':
      if (at < 0) return { reply: DONE };
      store.rows.splice(at, 1);
      return { reply: DONE, changed: true };
    case 'append':
      store.messages.push(first);
      return { reply: DONE, changed: true };
    case 'find':
      return { reply: at < 0 ? '$-1\r\n' : bulk(store.rows[at]![1]) };
    case 'rows':
      return { reply: array(store.rows.flat()) };
    case 'messages':
      return { reply: array(store.messages) };
    case 'run':
      return { reply: DONE };
  }
}

const DONE = '+OK\r\n';
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const array = (items: readonly string[]): string => `*${items.length}\r\n${items.map(bulk).join('')}`;
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
