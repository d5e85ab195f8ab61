import { decodeCommand } from '../../wire/resp.ts';
import { drawOf, mayDraw, type Draw } from '../server/draws.ts';
import type { ServerMemo } from '../server/memo.ts';
import type { Way } from './outside-passage.ts';

/** What the server will draw for the next command on this way; undefined where its answer is certain. */
export async function nextDraw(memo: ServerMemo, { pending: [command] }: Way): Promise<Draw | undefined> {
  const args = command === undefined ? undefined : decodeCommand(command);
  return args && mayDraw(args) ? drawOf(args, await memo.keysNow()) : undefined;
}
