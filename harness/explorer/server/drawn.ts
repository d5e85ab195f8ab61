import { encodeCommand } from '../../wire/resp.ts';
import type { Draw } from './draws.ts';
import type { Entry, ServerMemo } from './memo.ts';
import type { Step } from './step.ts';

/** A draw, and the members that it takes. */
export interface DrawnOutcome extends Pick<Draw, 'key' | 'members'> {
  outcome: readonly string[];
}

/**
 * Runs the draw as if it had come out so. The reply is the server's own, to the same command on a set of just these
 * members; the effect is that of SREM.
 */
export async function executeDraw(
  memo: ServerMemo,
  state: number,
  step: Step,
  { key, members, outcome }: DrawnOutcome,
): Promise<Entry> {
  const remove = (gone: readonly string[]): Promise<Entry> =>
    memo.execute(state, { command: encodeCommand(['SREM', key, ...gone]), queued: [], dirty: false });
  const alone = await remove(members.filter((member) => !outcome.includes(member)));
  const { reply } = await memo.execute(alone.next, step);
  return { ...(await remove(outcome)), reply };
}

/** A set beside the sale's keys. */
const ASIDE = '\x00oversell:draw';

/**
 * The same on the server as it stands: the command draws from a set of just these members, and they leave theirs.
 * @param send sends it in place of what the strategy sent
 */
export async function forceDraw<T>(
  memo: ServerMemo,
  args: readonly string[],
  { key, outcome }: DrawnOutcome,
  send: (instead: string) => Promise<T>,
): Promise<T> {
  await memo.ask(['SADD', ASIDE, ...outcome]);
  const sent = await send(encodeCommand([args[0]!, ASIDE, ...args.slice(2)]));
  await memo.ask(['SREM', key, ...outcome]);
  return sent;
}
