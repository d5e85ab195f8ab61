import { byBytes, decodeCommand, messageEnd, sortUnordered } from '../../wire/resp.ts';
import { seededRandom } from '../../ground/random.ts';
import { CannotExplore } from '../cannot-explore.ts';

/**
 * Replies of which Redis promises no order. It depends on the seed of the server's hashes, on how a key came about and
 * on how it is stored; so here it is canonical, and what depends on it is found by telling the code another one.
 */

/** Where the members stand in the reply of a command, and of how many parts each consists. */
const UNORDERED = new Map<string, { parts: number; behindCursor?: true }>([
  ...['SMEMBERS', 'SINTER', 'SUNION', 'SDIFF', 'SPOP', 'HKEYS', 'HVALS', 'KEYS'].map(
    (name) => [name, { parts: 1 }] as const,
  ),
  ['HGETALL', { parts: 2 }],
  ['SCAN', { parts: 1, behindCursor: true }],
  ['SSCAN', { parts: 1, behindCursor: true }],
  ['HSCAN', { parts: 2, behindCursor: true }],
  ['ZSCAN', { parts: 2, behindCursor: true }],
]);

export const isUnordered = (name: string): boolean => UNORDERED.has(name);

/** What a reply answers: a command, or all that were queued before an EXEC. */
export interface Asked {
  exec: boolean;
  commands: readonly (readonly string[])[];
}

/** What command `i` of a connection asked, by the bytes of all that were written to it. */
export function askedBy(written: readonly string[], i: number): Asked {
  const commands = [decodeCommand(written[i]!)];
  if (!isExec(commands[0]!)) return { exec: false, commands };
  const queued: string[][] = [];
  for (let at = i - 1; at >= 0; at--) {
    const args = decodeCommand(written[at]!);
    if (args[0]!.toUpperCase() === 'MULTI') break;
    queued.unshift(args);
  }
  return { exec: true, commands: queued };
}

/** The same of a step on the server. */
export const askedIn = (command: string, queued: readonly string[]): Asked => {
  const args = decodeCommand(command);
  return isExec(args)
    ? { exec: true, commands: queued.map(decodeCommand) }
    : { exec: false, commands: [args] };
};

const isExec = (args: readonly string[]): boolean => args[0]!.toUpperCase() === 'EXEC';

/** Members in a reply that may come in any order. */
export interface Collection {
  /** Name of the command that lists them. */
  name: string;
  key: string;
  /** Bytes of the reply that they take. */
  from: number;
  to: number;
  members: readonly string[];
}

/** @throws CannotExplore if a reply is a page of several: how pages are cut depends on the hash of every member */
export function collectionsIn({ exec, commands }: Asked, reply: string): Collection[] {
  if (!commands.some(([name]) => isUnordered(name!.toUpperCase()))) return [];
  if (!exec) return collectionAt(commands[0]!, reply, 0);
  if (reply[0] !== '*' || reply.startsWith('*-')) return [];
  return partsOf(reply, 0).flatMap(({ from }, i) =>
    commands[i] ? collectionAt(commands[i], reply, from) : [],
  );
}

function collectionAt(args: readonly string[], reply: string, at: number): Collection[] {
  const name = args[0]!.toUpperCase();
  const shape = UNORDERED.get(name);
  if (!shape || !'*~%'.includes(reply[at]!)) return [];
  let list = at;
  if (shape.behindCursor) {
    const [cursor, items] = partsOf(reply, at);
    if (!cursor || !items) return [];
    if (!reply.slice(cursor.from, cursor.to).endsWith('\r\n0\r\n')) throw pages(name);
    list = items.from;
  }
  const noValues = args.some((arg) => arg.toUpperCase() === 'NOVALUES');
  const parts = partsOf(reply, list);
  const size = noValues ? 1 : shape.parts;
  // A page ends with the bucket that makes it full: here it was the last one, with another seed it might not be.
  if (name === 'SCAN' && parts.length >= countOf(args)) throw pages(name);
  const members: string[] = [];
  for (let i = 0; i + size <= parts.length; i += size)
    members.push(reply.slice(parts[i]!.from, parts[i + size - 1]!.to));
  if (members.length < 2) return [];
  return [{ name, key: args[1] ?? '', from: parts[0]!.from, to: parts.at(-1)!.to, members }];
}

const SCAN_COUNT = 10;

/** After how many keys a page of SCAN ends. */
function countOf(args: readonly string[]): number {
  const at = args.findIndex((arg) => arg.toUpperCase() === 'COUNT');
  return at < 0 ? SCAN_COUNT : Number(args[at + 1]);
}

const pages = (name: string): CannotExplore =>
  new CannotExplore(
    `${name} answers in several pages, which cannot be explored: how they are cut depends on a seed of the server`,
    'give it a COUNT of more than there is to list, or keep an index of what is listed',
  );

/** The elements of an array, a set or a map. */
function partsOf(bytes: string, at: number): { from: number; to: number }[] {
  const lineEnd = bytes.indexOf('\r\n', at);
  const length = Math.max(0, Number(bytes.slice(at + 1, lineEnd))) * (bytes[at] === '%' ? 2 : 1);
  const parts: { from: number; to: number }[] = [];
  for (let from = lineEnd + 2; parts.length < length; from = parts.at(-1)!.to)
    parts.push({ from, to: messageEnd(bytes, from) });
  return parts;
}

/** The reply with its members in other places. */
function rearranged(
  reply: string,
  collections: readonly Collection[],
  place: (collection: Collection, i: number) => readonly string[],
): string {
  let text = '';
  let end = 0;
  for (const [i, collection] of collections.entries()) {
    text += reply.slice(end, collection.from) + place(collection, i).join('');
    end = collection.to;
  }
  return text + reply.slice(end);
}

/**
 * The reply in an order of its own: members by their bytes, and values by their fields, so that fields and values that
 * a transaction asked for still belong together.
 *
 * @param valuesOf values of a hash, in the order of its fields
 */
export function inCanonicalOrder(
  asked: Asked,
  reply: string,
  valuesOf: (key: string) => readonly string[] = () => [],
): string {
  const sorted = sortUnordered(reply);
  return rearranged(sorted, collectionsIn(asked, sorted), ({ name, key, members }) => {
    const ordered = members.toSorted(byBytes);
    if (name !== 'HVALS') return ordered;
    const values = valuesOf(key).map((value) => `$${value.length}\r\n${value}\r\n`);
    return values.toSorted(byBytes).join() === ordered.join() ? values : ordered;
  });
}

/** Most members of which every order is tried. */
export const MOST_ORDERED = 4;
/** Orders that are tried of more. */
const ORDERS_OF_MANY = 8;
/** Most orders of one reply that are events. */
const MOST_OUTCOMES = 1_000;

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

/** How many orders of so many members are told apart, the canonical one included. */
export const ordersOf = (members: number): number =>
  members <= MOST_ORDERED ? factorial(members) : 1 + ORDERS_OF_MANY;

/** The places of `n` members in order number `k`; 0 leaves them as they are. */
function order(n: number, k: number): number[] {
  const places = Array.from({ length: n }, (_, i) => i);
  if (n > MOST_ORDERED) {
    if (k % ordersOf(n) === 1) return places.toReversed();
    if (k % ordersOf(n) === 0) return places;
    const random = seededRandom(k);
    return places
      .map((place) => ({ place, at: random.next() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ place }) => place);
  }
  const chosen: number[] = [];
  for (let left = k % factorial(n), i = n; i > 0; i--) {
    chosen.push(...places.splice(Math.floor(left / factorial(i - 1)), 1));
    left %= factorial(i - 1);
  }
  return chosen;
}

/** The reply with the members of these collections in order number `k`. */
export const inOrder = (reply: string, collections: readonly Collection[], k: number): string =>
  rearranged(reply, collections, ({ members }) => order(members.length, k).map((i) => members[i]!));

/** Collections of one reply whose orders are events: those of one key share theirs, as they do in Redis. */
export interface Orders {
  collections: readonly Collection[];
  /** Which orders there are, of each of `shared`. */
  shared: readonly string[];
  ways: number;
}

/** @returns undefined if there is only one order, or too many to try each */
export function branching(asked: Asked, reply: string, names: ReadonlySet<string>): Orders | undefined {
  if (names.size === 0) return undefined;
  const collections = collectionsIn(asked, reply).filter(
    ({ name, members }) => names.has(name) && members.length <= MOST_ORDERED,
  );
  const shared = [...new Set(collections.map(sharedBy))];
  const ways = shared.reduce((all, one) => all * factorial(Number(one.split(' ')[0])), 1);
  return ways === 1 || ways > MOST_OUTCOMES ? undefined : { collections, shared, ways };
}

const sharedBy = ({ members, key }: Collection): string => `${members.length} ${key}`;

/** The reply as it is told in one of the ways. */
export function toldInOrder(reply: string, { collections, shared }: Orders, way: number): string {
  return rearranged(reply, collections, (collection) => {
    let rest = way;
    for (const one of shared) {
      const ways = factorial(Number(one.split(' ')[0]));
      if (one === sharedBy(collection))
        return order(collection.members.length, rest % ways).map((i) => collection.members[i]!);
      rest = Math.floor(rest / ways);
    }
    return collection.members;
  });
}
