import type { Reply } from '../../wire/resp.ts';
import type { OutsideContent } from '../outside-store.ts';
import type { ServerMemo } from '../server/memo.ts';
import type { WorldClock } from './world-clock.ts';

/** What a server over real sockets holds, so that it can be put back. Scripts that are loaded stay loaded. */
export interface Snapshot {
  /** Each key with its dump. */
  keys: readonly (readonly [key: string, dump: string])[];
  /** FUNCTION DUMP. */
  functions: string;
  /** By key, in milliseconds after the world's beginning. */
  deadlines: ReadonlyMap<string, number>;
  /** What the stores beside it hold. */
  outside: OutsideContent;
}

/** The server as it stands. */
export async function takeSnapshot(memo: ServerMemo, clock: WorldClock): Promise<Snapshot> {
  await clock.look();
  const names = itemsOf(await memo.ask(['KEYS', '*'])).map(String);
  const keys: [string, string][] = [];
  for (const key of names) keys.push([key, (await memo.ask(['DUMP', key])) as string]);
  const functions = (await memo.ask(['FUNCTION', 'DUMP'])) as string;
  return { keys, functions, deadlines: clock.deadlines(), outside: memo.outside };
}

/** The server is again as it was, but for keys that were to be forgotten by now. */
export async function putBack(memo: ServerMemo, clock: WorldClock, snapshot: Snapshot): Promise<void> {
  await memo.ask(['FLUSHALL', 'SYNC']);
  await memo.ask(['FUNCTION', 'RESTORE', snapshot.functions, 'FLUSH']);
  for (const [key, dump] of snapshot.keys) await memo.ask(['RESTORE', key, '0', dump]);
  memo.outside = snapshot.outside;
  await clock.setDeadlines(snapshot.deadlines);
}

const itemsOf = (reply: Reply): readonly Reply[] =>
  typeof reply === 'object' && reply !== null && reply.kind !== 'error' ? reply.items : [];
