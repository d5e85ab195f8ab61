import { CannotExplore } from '../cannot-explore.ts';
import { byName, type Stored } from '../outside-store.ts';
import { byBytes, type Reply } from '../../wire/resp.ts';

/** When a key is forgotten, by the clock of the explored world; exactly one of the two. */
export interface Deadline {
  /** So many milliseconds from now: set by EXPIRE, PX, … */
  ttlMs?: number;
  /** At that time, in milliseconds after the world's beginning: set by PEXPIREAT, EXAT, … */
  untilMs?: number;
}

/** The logical content of one key. `items` is in a canonical order. */
export interface KeyContent extends Deadline {
  key: string;
  volatile: boolean;
  type: string;
  items: string[];
}

/** How long it takes until the key is forgotten; undefined where that is not known. */
export const remainingMs = ({ ttlMs, untilMs }: Deadline, clockMs: number): number | undefined =>
  ttlMs ?? (untilMs === undefined ? undefined : untilMs - clockMs);

/** Whether two contents hold the same data, whatever their deadlines and the scripts that are loaded. */
export const holdsTheSame = (one: string, other: string): boolean => dataOf(one) === dataOf(other);

function dataOf(content: string): string {
  const [keys, , , outside] = JSON.parse(withoutDeadlines(content)) as Parts;
  return JSON.stringify([keys, outside]);
}

/** Keys, scripts, libraries; and what stands beside the server, if anything does. */
type Parts = [keys: KeyContent[], scripts: string, functions: string, outside?: Stored[]];

/** A content without how long its keys still live: only whether they may be forgotten at all. */
export function withoutDeadlines(content: string): string {
  if (!content.includes('"volatile":true')) return content;
  const [keys, ...rest] = JSON.parse(content) as [KeyContent[], string, string];
  const plain = keys.map(({ key, volatile, type, items }) => ({ key, volatile, type, items }));
  return JSON.stringify([plain, ...rest]);
}

/**
 * The command that reads what a key holds, said logically. DUMP will not do for that: one set, filled in two orders,
 * dumps differently.
 */
export function readingOf(type: string, key: string): string[] {
  switch (type) {
    case 'string':
      return ['GET', key];
    case 'list':
      return ['LRANGE', key, '0', '-1'];
    case 'set':
      return ['SMEMBERS', key];
    case 'hash':
      return ['HGETALL', key];
    case 'zset':
      return ['ZRANGE', key, '0', '-1', 'WITHSCORES'];
    case 'stream':
      return ['XINFO', 'STREAM', key, 'FULL', 'COUNT', '0'];
    default:
      throw new CannotExplore(
        `key ${key} is of type ${type}, which cannot be compared`,
        'use a core type of Redis',
      );
  }
}

/**
 * What that command answered, in a canonical order. Clock values (delivery times of stream entries) are left out, as
 * nothing explorable can read them.
 */
export function contentFrom(type: string, reply: Reply): Pick<KeyContent, 'type' | 'items'> {
  const items = type === 'stream' ? [streamContent(reply)] : flatten(reply);
  return canonical({ type, items });
}

/**
 * Brings into byte order what Redis keeps in no order, or in that one: members of equal score. A command that depends on
 * their order (ZPOPMIN) does something else under other names, and is found out by just that (`verifyRenaming`).
 */
export function canonical<C extends Pick<KeyContent, 'type' | 'items'>>(content: C): C {
  if (content.type === 'set') return { ...content, items: content.items.toSorted(byBytes) };
  if (content.type === 'hash') return { ...content, items: sortPairs(content.items) };
  if (content.type === 'zset') return { ...content, items: sortTies(content.items) };
  return content;
}

/** Renames ids in a content and brings what has no order back into byte order. */
export function renameContent(content: string, rename: (text: string) => string): string {
  const renamed = rename(content);
  if (renamed === content) return content;
  const [keys, scripts, functions, outside] = JSON.parse(renamed) as Parts;
  const sorted = keys.map(canonical).toSorted((a, b) => byBytes(a.key, b.key));
  return JSON.stringify([sorted, scripts, functions, ...(outside ? [byName(outside)] : [])]);
}

function streamContent(info: Reply): string {
  const clocks = new Set([
    'seen-time',
    'active-time',
    'delivery-time',
    'radix-tree-keys',
    'radix-tree-nodes',
  ]);
  const strip = (reply: Reply): Reply => {
    if (typeof reply !== 'object' || reply === null || reply.kind === 'error') return reply;
    const kept: Reply[] = [];
    for (let i = 0; i < reply.items.length; i++) {
      const item = reply.items[i]!;
      if (reply.kind === 'map' && i % 2 === 0 && clocks.has(textOf(item))) i++;
      else kept.push(strip(item));
    }
    return { kind: reply.kind, items: kept };
  };
  return JSON.stringify(withoutDeliveryTimes(strip(info)));
}

/** Pending entries are [id, consumer, delivery time, deliveries] (group) or [id, delivery time, deliveries]. */
function withoutDeliveryTimes(reply: Reply): Reply {
  if (typeof reply !== 'object' || reply === null || reply.kind === 'error') return reply;
  const items = reply.items.map(withoutDeliveryTimes);
  for (let i = 0; i + 1 < items.length; i += 2) {
    const pending = items[i + 1];
    const isPending = reply.kind === 'map' && (items[i] === 'pel' || items[i] === 'pending');
    if (!isPending || typeof pending !== 'object' || pending === null || pending.kind === 'error') continue;
    for (const entry of pending.items) {
      if (typeof entry === 'object' && entry !== null && entry.kind !== 'error') entry.items.splice(-2, 1);
    }
  }
  return { kind: reply.kind, items };
}

function flatten(reply: Reply): string[] {
  if (typeof reply === 'object' && reply !== null && reply.kind !== 'error')
    return reply.items.flatMap(flatten);
  return [textOf(reply)];
}

const textOf = (reply: Reply): string => (typeof reply === 'object' ? '' : String(reply));

function sortPairs(items: string[]): string[] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < items.length; i += 2) pairs.push([items[i]!, items[i + 1]!]);
  return pairs.toSorted((a, b) => byBytes(a[0], b[0])).flat();
}

/** Members of one score lie side by side, under any names. */
function sortTies(items: string[]): string[] {
  const sorted: string[] = [];
  for (let from = 0, to = 0; from < items.length; from = to) {
    while (to < items.length && items[to + 1] === items[from + 1]) to += 2;
    sorted.push(...sortPairs(items.slice(from, to)));
  }
  return sorted;
}
