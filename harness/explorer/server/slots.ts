import { encodeCommand } from '../../wire/resp.ts';
import type { ServerMemo } from './memo.ts';

/**
 * A cluster of one node: it has every slot, and refuses what concerns several. Which keys a command names, a script among
 * them, is asked of the server; which keys a script touches besides is its own affair there, as in Redis on one node.
 */

const known = new WeakMap<ServerMemo, Map<string, readonly number[]>>();

/** What a cluster answers where keys lie in different slots. */
export const CROSS_SLOT = "-CROSSSLOT Keys in request don't hash to the same slot\r\n";

/** A command that nobody queues, so that the transaction that it comes in is given up. */
export const NEVER_QUEUED = encodeCommand(['GET']);

/** Whether these commands together name keys of different slots. */
export async function crossesSlots(
  memo: ServerMemo,
  commands: readonly (readonly string[])[],
): Promise<boolean> {
  const slots = new Set<number>();
  for (const args of commands) for (const slot of await slotsOf(memo, args)) slots.add(slot);
  return slots.size > 1;
}

async function slotsOf(memo: ServerMemo, args: readonly string[]): Promise<readonly number[]> {
  const asked = known.get(memo) ?? new Map<string, readonly number[]>();
  known.set(memo, asked);
  const command = encodeCommand(args);
  const before = asked.get(command);
  if (before) return before;
  // One without keys, or with wrong arguments, is answered with an error.
  const keys = await memo.ask(['COMMAND', 'GETKEYS', ...args]).catch(() => ({ items: [] as unknown[] }));
  const slots = (keys as { items: unknown[] }).items.map((key) => slotOf(String(key)));
  asked.set(command, slots);
  return slots;
}

const SLOTS = 16_384;

/** Of what stands between the first { and the next }, if that is anything; else of all of it. Source: Redis Cluster specification. */
export function slotOf(key: string): number {
  const from = key.indexOf('{');
  const to = from < 0 ? -1 : key.indexOf('}', from);
  const hashed = to > from + 1 ? key.slice(from + 1, to) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed, 'latin1')) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x80_00 ? 0x10_21 : 0)) & 0xff_ff;
  }
  return crc % SLOTS;
}
